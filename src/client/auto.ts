/**
 * The script tag: `<script async src="http://127.0.0.1:9001/client.js"></script>`.
 * It connects to where the script came from and dials nothing else. Of several
 * such tags the first one counts [L5].
 */
import { createAbilities } from "./abilities.ts"
import { startFromTag } from "./tag.ts"

startFromTag(createAbilities)
