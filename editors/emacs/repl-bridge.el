;;; repl-bridge.el --- Evaluate in the live web page -*- lexical-binding: t -*-

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages, tools
;; SPDX-License-Identifier: MIT

;;; Commentary:

;; Turn on `repl-bridge-mode' in a JavaScript, TypeScript or HTML buffer.
;; What you evaluate runs in the page that `repl-bridge serve' is connected
;; to; the result stands beside the line until you change it.
;;
;; It speaks to `repl-bridge lsp', the same server that Eglot and lsp-mode can
;; use; docs/editor-protocol.md of repl-bridge describes the messages.  All that
;; comes from a page is shown as text and neither read nor evaluated.

;;; Code:

(require 'comint)
(require 'jsonrpc)
(require 'project)
(require 'seq)
(require 'subr-x)
(require 'url-util)

(defgroup repl-bridge nil
  "Evaluate in the live web page."
  :group 'tools
  :prefix "repl-bridge-")

(defcustom repl-bridge-command '("repl-bridge")
  "The repl-bridge program, with arguments that come before its own."
  :type '(repeat string))

(defcustom repl-bridge-port nil
  "The port of the bridge; nil for the bridge of the project, else port 9001."
  :type '(choice (const :tag "The project's" nil) integer))

(defcustom repl-bridge-console-lines 10000
  "How many lines of the page's console are kept."
  :type 'integer)

(defface repl-bridge-result '((t :inherit shadow))
  "A value beside its line.")

(defface repl-bridge-problem '((t :inherit error))
  "What was thrown or lost, beside its line.")

;;; The way to the language server

(defvar repl-bridge--servers (make-hash-table :test #'equal)
  "By the folder of a project, its connection to a language server.")

(defvar repl-bridge--statuses (make-hash-table :test #'equal)
  "By the folder of a project, the last `replBridge/status'.")

(defvar-local repl-bridge--synced nil
  "What the language server knows of the buffer: its URI and the tick of its text.")

(defvar-local repl-bridge--version 0
  "Counts the texts of this buffer that were sent.")

(defun repl-bridge--request (server method params)
  "What SERVER answers to METHOD with PARAMS.
`jsonrpc-request' of Emacs 28 leaves the process filter by a throw, and what
came together with its answer waits there for the next message."
  (let (answer problem)
    (jsonrpc-async-request server method params
                           :success-fn (lambda (result) (setq answer (list result)))
                           :error-fn (lambda (error) (setq problem (plist-get error :message)))
                           :timeout-fn (lambda () (setq problem "no answer")))
    (while (not (or answer problem))
      (unless (jsonrpc-running-p server) (setq problem "the language server has ended"))
      (accept-process-output nil 0.1))
    (when problem (user-error "repl-bridge: %s" problem))
    (car answer)))

(defun repl-bridge--root ()
  "The folder whose bridge is meant."
  (let ((project (project-current)))
    (expand-file-name (if project (project-root project) default-directory))))

(defun repl-bridge--words (&rest words)
  "The command line that runs repl-bridge with WORDS."
  (append repl-bridge-command words
          (and repl-bridge-port (list "--port" (number-to-string repl-bridge-port)))))

(defun repl-bridge--server ()
  "The connection to this project's language server, which is started if need be."
  (let* ((root (repl-bridge--root))
         (server (gethash root repl-bridge--servers)))
    (if (and server (jsonrpc-running-p server))
        server
      (puthash root (repl-bridge--start root) repl-bridge--servers))))

(defun repl-bridge--start (root)
  "Start the language server for the project in ROOT."
  (let* ((default-directory root)
         (process (make-process :name "repl-bridge"
                                :command (repl-bridge--words "lsp")
                                :connection-type 'pipe
                                :coding 'utf-8-emacs-unix
                                :noquery t
                                :stderr (get-buffer-create " *repl-bridge stderr*")))
         (server (make-instance 'jsonrpc-process-connection
                                :name "repl-bridge"
                                :process process
                                :notification-dispatcher
                                (lambda (_server method params)
                                  (repl-bridge--hear root method params))
                                :request-dispatcher (lambda (&rest _) nil)
                                :on-shutdown (lambda (_server) (repl-bridge--forget)))))
    (repl-bridge--request server :initialize
			  (list :processId (emacs-pid)
				:clientInfo '(:name "emacs")
				:rootUri (repl-bridge--uri root)
				:capabilities (make-hash-table)
				:initializationOptions '(:name "emacs" :showResults :json-false)))
    (jsonrpc-notify server :initialized (make-hash-table))
    server))

(defun repl-bridge--forget ()
  "Forget what a language server knew: the next one knows nothing."
  (dolist (buffer (buffer-list))
    (with-current-buffer buffer (setq repl-bridge--synced nil))))

(defun repl-bridge--hear (root method params)
  "Take note of the notification METHOD with PARAMS for the project in ROOT."
  (pcase method
    ('replBridge/status
     (puthash root params repl-bridge--statuses)
     (force-mode-line-update t))
    ('window/logMessage
     (repl-bridge--log (plist-get params :message)))))

(defun repl-bridge--console ()
  "The buffer of what the page said."
  (or (get-buffer "*repl-bridge console*")
      (with-current-buffer (get-buffer-create "*repl-bridge console*")
        (buffer-disable-undo)
        (current-buffer))))

(defun repl-bridge--log (line)
  "Add LINE to what the page said."
  (with-current-buffer (repl-bridge--console)
    (save-excursion
      (goto-char (point-max))
      (insert line "\n")
      (forward-line (- repl-bridge-console-lines))
      (delete-region (point-min) (point)))))

(defun repl-bridge--uri (file)
  "FILE as a URI."
  (concat "file://" (url-hexify-string (expand-file-name file) url-path-allowed-chars)))

(defun repl-bridge--document ()
  "The buffer as the language server names it."
  (list :uri (if buffer-file-name
                 (repl-bridge--uri buffer-file-name)
               (concat "untitled:" (url-hexify-string (buffer-name))))))

(defun repl-bridge--language ()
  "The language of the buffer, by its name in the protocol."
  (pcase (file-name-extension (or buffer-file-name ""))
    ("ts" "typescript")
    ("tsx" "typescriptreact")
    ("jsx" "javascriptreact")
    ((or "html" "htm") "html")
    ("vue" "vue")
    ("svelte" "svelte")
    (_ (if (derived-mode-p 'sgml-mode) "html" "javascript"))))

(defun repl-bridge--sync ()
  "Let the language server know the text of this buffer.  Return the server."
  (let* ((server (repl-bridge--server))
         (document (repl-bridge--document))
         (uri (plist-get document :uri))
         (now (cons uri (buffer-chars-modified-tick)))
         (text (save-restriction (widen) (buffer-substring-no-properties (point-min) (point-max)))))
    (unless (equal now repl-bridge--synced)
      (setq repl-bridge--version (1+ repl-bridge--version))
      (let ((document (append document (list :version repl-bridge--version))))
        ;; A buffer that was given another name is another document.
        (if (equal uri (car repl-bridge--synced))
            (jsonrpc-notify server :textDocument/didChange
                            (list :textDocument document :contentChanges (vector (list :text text))))
          (jsonrpc-notify server :textDocument/didOpen
                          (list :textDocument (append document (list :languageId (repl-bridge--language) :text text))))))
      (setq repl-bridge--synced now))
    server))

(defun repl-bridge--position (point)
  "POINT as a line and its UTF-16 code units."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char point)
      (let ((text (buffer-substring-no-properties (line-beginning-position) point)))
        (list :line (1- (line-number-at-pos))
              :character (/ (length (encode-coding-string text 'utf-16le)) 2))))))

(defun repl-bridge--point (position)
  "The place that POSITION means, a line and its UTF-16 code units."
  (save-excursion
    (save-restriction
      (widen)
      (goto-char (point-min))
      (forward-line (plist-get position :line))
      (let ((left (plist-get position :character)))
        (while (and (> left 0) (not (eolp)))
          (setq left (- left (if (> (char-after) #xffff) 2 1)))
          (forward-char))
        (point)))))

;;; Evaluating

(defun repl-bridge--eval (extent begin end)
  "Evaluate EXTENT of the buffer, at or from BEGIN to END, and show the outcome."
  (let ((server (repl-bridge--sync))
        (buffer (current-buffer))
        (tick (buffer-chars-modified-tick)))
    (jsonrpc-async-request
     server :replBridge/eval
     (list :textDocument (repl-bridge--document)
           :extent extent
           :position (repl-bridge--position begin)
           :range (list :start (repl-bridge--position begin) :end (repl-bridge--position end)))
     :timeout nil
     :success-fn (lambda (answer)
                   (when (buffer-live-p buffer)
                     (with-current-buffer buffer
                       (repl-bridge--show answer (eql tick (buffer-chars-modified-tick))))))
     :error-fn (lambda (problem) (message "repl-bridge: %s" (plist-get problem :message))))))

(defun repl-bridge--show (answer is-unchanged)
  "Show ANSWER in the echo area, and where IS-UNCHANGED beside its line."
  (let* ((is-value (equal (plist-get answer :outcome) "value"))
         (face (if is-value 'repl-bridge-result 'repl-bridge-problem))
         (range (plist-get answer :range)))
    (when (and is-unchanged range)
      (repl-bridge--put-beside (repl-bridge--point (plist-get range :start))
                               (repl-bridge--point (plist-get range :end))
                               (propertize (concat "  => " (plist-get answer :line)) 'face face)))
    (message "%s" (propertize (concat "=> " (plist-get answer :text)) 'face face))))

(defun repl-bridge--put-beside (begin end text)
  "Put TEXT behind the line of END until something from BEGIN to there changes."
  (save-excursion
    (goto-char end)
    (let* ((begin (progn (goto-char begin) (line-beginning-position)))
           (end (progn (goto-char end) (line-end-position)))
           (overlay (progn (repl-bridge--withdraw-all begin end)
                           (make-overlay begin end nil t nil))))
      (overlay-put overlay 'repl-bridge t)
      (overlay-put overlay 'after-string text)
      (overlay-put overlay 'modification-hooks (list #'repl-bridge--withdraw))
      (overlay-put overlay 'insert-in-front-hooks (list #'repl-bridge--withdraw))
      (overlay-put overlay 'insert-behind-hooks (list #'repl-bridge--withdraw)))))

(defun repl-bridge--withdraw-all (begin end)
  "Delete all that stands beside the lines from BEGIN to END."
  (dolist (overlay (overlays-in begin (1+ end)))
    (when (overlay-get overlay 'repl-bridge) (delete-overlay overlay))))

(defun repl-bridge--withdraw (overlay is-after &rest _)
  "Delete OVERLAY once its text changed, which IS-AFTER tells."
  (when is-after (delete-overlay overlay)))

(defun repl-bridge-eval-dwim ()
  "Evaluate the region, or the statement at the top that point is in."
  (interactive)
  (if (use-region-p)
      (repl-bridge-eval-region (region-beginning) (region-end))
    (repl-bridge-eval-defun)))

(defun repl-bridge-eval-region (begin end)
  "Evaluate the text from BEGIN to END."
  (interactive "r")
  (repl-bridge--eval "selection" begin end))

(defun repl-bridge-eval-defun ()
  "Evaluate the statement at the top that point is in."
  (interactive)
  (repl-bridge--eval "form" (point) (point)))

(defun repl-bridge-eval-line ()
  "Evaluate the line."
  (interactive)
  (repl-bridge--eval "line" (point) (point)))

(defun repl-bridge-eval-buffer ()
  "Evaluate the buffer; of a page, the script that point is in."
  (interactive)
  (repl-bridge--eval "file" (point) (point)))

(defun repl-bridge-cancel ()
  "Give up all that has no outcome yet."
  (interactive)
  (repl-bridge--request (repl-bridge--server) :replBridge/cancel nil))

(defun repl-bridge-reload ()
  "Reload the page."
  (interactive)
  (repl-bridge--request (repl-bridge--server) :replBridge/reload nil))

;;; Runtimes

(defun repl-bridge-choose-runtime (runtime)
  "Evaluate in RUNTIME from now on: an id, a number or a name."
  (interactive
   (let ((runtimes (plist-get (repl-bridge--request (repl-bridge--server) :replBridge/runtimes nil) :runtimes)))
     (when (seq-empty-p runtimes)
       (user-error "There is no page yet: put the script tag into one and open it"))
     (list (completing-read "Evaluate in: " (mapcar (lambda (runtime) (plist-get runtime :name)) runtimes) nil t))))
  (repl-bridge--request (repl-bridge--server) :replBridge/use (list :runtime runtime)))

(defun repl-bridge-status ()
  "Where evals go, in a few words."
  (or (plist-get (gethash (repl-bridge--root) repl-bridge--statuses) :text) "…"))

(defun repl-bridge--lighter ()
  "The status for the mode line; a page's name means nothing there."
  (format " REPL[%s]" (replace-regexp-in-string "%" "%%" (repl-bridge-status) nil t)))

;;; Completion

(defun repl-bridge-completion-at-point ()
  "Complete by what is in the page now.  Nothing of the page runs for it."
  (let* ((begin (line-beginning-position))
         (code (buffer-substring-no-properties begin (point)))
         (answer (ignore-errors
                   (repl-bridge--request (repl-bridge--server) :replBridge/complete (list :code code))))
         (names (plist-get answer :names)))
    (unless (seq-empty-p names)
      (let ((from (save-excursion
                    (goto-char begin)
                    (repl-bridge--point (list :line (1- (line-number-at-pos begin t)) :character (plist-get answer :from))))))
        (list from (point) (append names nil)
              :exclusive 'no
              :annotation-function (lambda (_name) " live"))))))

;;; The terminal, in a buffer

(defun repl-bridge-repl ()
  "Go to a REPL on the bridge."
  (interactive)
  (let ((default-directory (repl-bridge--root))
        (words (repl-bridge--words "attach")))
    (pop-to-buffer (apply #'make-comint-in-buffer "repl-bridge" "*repl-bridge*" (car words) nil (cdr words)))
    (setq-local comint-prompt-read-only t)))

(defun repl-bridge-show-console ()
  "Show what the page said."
  (interactive)
  (display-buffer (repl-bridge--console)))

;;; The mode

(defvar repl-bridge-mode-map
  (let ((map (make-sparse-keymap)))
    (define-key map (kbd "C-M-x") #'repl-bridge-eval-defun)
    (define-key map (kbd "C-c C-c") #'repl-bridge-eval-dwim)
    (define-key map (kbd "C-c C-r") #'repl-bridge-eval-region)
    (define-key map (kbd "C-c C-l") #'repl-bridge-eval-line)
    (define-key map (kbd "C-c C-k") #'repl-bridge-eval-buffer)
    (define-key map (kbd "C-c C-b") #'repl-bridge-cancel)
    (define-key map (kbd "C-c C-u") #'repl-bridge-choose-runtime)
    (define-key map (kbd "C-c C-z") #'repl-bridge-repl)
    (define-key map (kbd "C-c C-o") #'repl-bridge-show-console)
    map)
  "Keys of `repl-bridge-mode'.")

;;;###autoload
(define-minor-mode repl-bridge-mode
  "Evaluate in the live web page, with results beside the lines.

\\{repl-bridge-mode-map}"
  :lighter (:eval (repl-bridge--lighter))
  (if repl-bridge-mode
      (progn
        (add-hook 'completion-at-point-functions #'repl-bridge-completion-at-point nil t)
        (repl-bridge--server))
    (remove-hook 'completion-at-point-functions #'repl-bridge-completion-at-point t)
    (repl-bridge--withdraw-all (point-min) (point-max))))

(provide 'repl-bridge)

;;; repl-bridge.el ends here
