;;; repl-bridge-test.el --- What a user sees of a page from within Emacs -*- lexical-binding: t -*-

;;; Commentary:

;; The world outside, a page in a real browser and a bridge, does by HTTP what
;; it is asked.  The project is the folder that Emacs was started in.

;;; Code:

(require 'ert)
(require 'url)
(require 'repl-bridge)

(setq repl-bridge-command (split-string (getenv "REPL_BRIDGE_TEST_COMMAND") " "))

(defun repl-bridge-test-ask (wish)
  "Ask the world outside for WISH.  Return what it answers."
  (let ((url-request-method "POST"))
    (with-current-buffer
        (url-retrieve-synchronously (concat (getenv "REPL_BRIDGE_TEST_WORLD") "/" wish) t t)
      (goto-char (point-min))
      (should (looking-at "HTTP/1.1 200"))
      (re-search-forward "\n\n")
      (buffer-substring (point) (point-max)))))

(defmacro repl-bridge-test-until (form)
  "Look at FORM after all that happens, until it holds."
  `(let ((limit (time-add nil 60)))
     (while (not ,form)
       (when (time-less-p limit nil) (ert-fail (list "waited too long" ',form (repl-bridge-test-besides) (buffer-string))))
       (accept-process-output nil 0.05))))

(defun repl-bridge-test-besides ()
  "What stands beside the lines: numbers of lines and texts."
  (mapcar (lambda (overlay)
            (format "%d%s"
                    (line-number-at-pos (overlay-end overlay))
                    (substring-no-properties (overlay-get overlay 'after-string))))
          (sort (seq-filter (lambda (overlay) (overlay-get overlay 'repl-bridge))
                            (overlays-in (point-min) (1+ (point-max))))
                (lambda (one other) (< (overlay-end one) (overlay-end other))))))

(defun repl-bridge-test-go (line text)
  "Put point on TEXT in LINE."
  (goto-char (point-min))
  (forward-line (1- line))
  (search-forward text (line-end-position))
  (goto-char (match-beginning 0)))

(ert-deftest repl-bridge-test-page ()
  "Evals, results, completion; over a reload and a bounce."
  (find-file "shop.js")
  (repl-bridge-mode)
  (repl-bridge-test-until (equal (repl-bridge-status) "chrome·shop"))
  (should (equal (repl-bridge--lighter) " REPL[chrome·shop]"))

  ;; A statement, a region, with their results beside them.
  (repl-bridge-test-go 1 "price")
  (call-interactively #'repl-bridge-eval-defun)
  (repl-bridge-test-until (equal (repl-bridge-test-besides) '("1  => undefined")))
  (repl-bridge-test-go 3 "items")
  (call-interactively #'repl-bridge-eval-dwim)
  (repl-bridge-test-until (equal (repl-bridge-test-besides) '("1  => undefined" "4  => 40")))
  (repl-bridge-test-go 3 "cart.items")
  (repl-bridge-eval-region (point) (+ (point) (length "cart.items")))
  (repl-bridge-test-until (equal (repl-bridge-test-besides) '("1  => undefined" "3  => 2")))

  ;; A result moves with its line, and goes when the line changes.
  (repl-bridge-test-go 2 "")
  (insert "\n")
  (should (equal (repl-bridge-test-besides) '("1  => undefined" "4  => 2")))
  (repl-bridge-test-go 4 "cart")
  (insert "x")
  (should (equal (repl-bridge-test-besides) '("1  => undefined")))
  (delete-char -1)

  ;; What fails is said at its line.
  (repl-bridge-test-go 8 "missing")
  (call-interactively #'repl-bridge-eval-line)
  (repl-bridge-test-until
   (seq-some (lambda (text) (string-match-p "^8  => Uncaught ReferenceError: missing is not defined" text))
             (repl-bridge-test-besides)))

  ;; The live page completes.
  (goto-char (point-max))
  (forward-line -1)
  (end-of-line)
  (pcase (repl-bridge-completion-at-point)
    (`(,begin ,end ,names . ,_)
     (should (equal (list begin end) (list (point) (point))))
     (should (member "items" names)))
    (other (ert-fail (list "no completion" other))))

  ;; The page's console is kept.
  (goto-char (point-max))
  (insert "console.warn('almost empty')")
  (call-interactively #'repl-bridge-eval-line)
  (repl-bridge-test-until
   (and (get-buffer "*repl-bridge console*")
        (with-current-buffer "*repl-bridge console*"
          (save-excursion (goto-char (point-min)) (search-forward "chrome·shop: almost empty" nil t)))))

  ;; Its last lines are.
  (let ((repl-bridge-console-lines 3))
    (goto-char (point-max))
    (insert "\nfor (const n of [1, 2, 3, 4, 5]) console.log('line', n)")
    (call-interactively #'repl-bridge-eval-line)
    (repl-bridge-test-until
     (with-current-buffer "*repl-bridge console*"
       (string-match-p "\\`.*line 3\n.*line 4\n.*line 5\n\\'" (buffer-string)))))

  ;; Another runtime than there is.
  (should-error (repl-bridge-choose-runtime "bakery"))
  (repl-bridge-choose-runtime "chrome·shop")

  ;; The page reloads, the bridge is killed and starts again: Emacs goes on.
  (repl-bridge-reload)
  (repl-bridge-test-ask "reloaded")
  (repl-bridge-test-go 1 "price")
  (call-interactively #'repl-bridge-eval-defun)
  (repl-bridge-test-until (member "1  => undefined" (repl-bridge-test-besides)))
  (repl-bridge-test-ask "bounce")
  (repl-bridge-test-go 6 "price")
  (repl-bridge-eval-region (point) (+ (point) (length "price")))
  (repl-bridge-test-until (member "6  => 20" (repl-bridge-test-besides)))

  ;; A buffer without a file, which is given one.
  (with-temp-buffer
    (insert "price + 1")
    (repl-bridge-eval-line)
    (repl-bridge-test-until (equal (repl-bridge-test-besides) '("1  => 21")))
    (set-visited-file-name (expand-file-name "later.js"))
    (insert " + 1")
    (repl-bridge-eval-line)
    (repl-bridge-test-until (equal (repl-bridge-test-besides) '("1  => 22")))
    (set-buffer-modified-p nil))

  ;; The REPL in a buffer, without a terminal's escapes.
  (save-window-excursion
    (repl-bridge-repl)
    (goto-char (point-max))
    (insert "cart.items + price")
    (comint-send-input)
    (repl-bridge-test-until (save-excursion (goto-char (point-min)) (re-search-forward "› 22$" nil t)))
    (should-not (save-excursion (goto-char (point-min)) (search-forward "\e" nil t)))
    (set-process-query-on-exit-flag (get-buffer-process (current-buffer)) nil)
    (delete-process (get-buffer-process (current-buffer)))))

(ert-deftest repl-bridge-test-positions ()
  "Places are counted in UTF-16 code units."
  (with-temp-buffer
    (insert "a\n😀b é\n")
    (goto-char (point-min))
    (search-forward "é")
    (should (equal (repl-bridge--position (point)) '(:line 1 :character 5)))
    (should (equal (repl-bridge--point '(:line 1 :character 5)) (point)))))

;;; repl-bridge-test.el ends here
