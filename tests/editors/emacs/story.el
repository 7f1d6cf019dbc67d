;;; story.el --- A person at Emacs, with Eglot  -*- lexical-binding: t -*-

;; What they do and what they are shown.  Their hand is `completing-read', by which Eglot asks.

;;; Code:
(setq jsonrpc-default-request-timeout 120
      eglot-connect-timeout 120
      eglot-sync-connect 120
      make-backup-files nil
      create-lockfiles nil
      ;; A key: for the mouse Eglot would open a menu.
      last-nonmenu-event ?\r)

(defvar transcript (getenv "OUTRIGGER_TRANSCRIPT"))
(defun say (format &rest what)
  (write-region (concat (apply #'format format what) "\n") nil transcript t 'quiet))

(defun give-up (format &rest what)
  (say "FAILED: %s" (apply #'format format what))
  (kill-emacs 1))

(defmacro await (what condition)
  `(let ((until (+ (float-time) 120)))
     (while (not ,condition)
       (when (> (float-time) until) (give-up "waited in vain for %s" ,what))
       (accept-process-output nil 0.05))))

(defvar asked 0)
(defvar answers nil "What the person chooses next: the beginning of a choice, or close.")
(advice-add
 'completing-read :override
 (lambda (prompt choices &rest _)
   (setq asked (1+ asked))
   (let* ((titles (mapcar (lambda (one) (if (consp one) (car one) one)) choices))
          (first (car (split-string (substring-no-properties prompt) "\n")))
          (answer (or (pop answers) "close")))
     (say "ask: %s\n  %s\n  choose: %s" first (string-join titles " | ") answer)
     (if (string= answer "close")
         (signal 'quit nil)
       (or (seq-find (lambda (title) (string-prefix-p answer title)) titles)
           (give-up "nothing to choose: %s" answer))))))

;; `C-g' at the question ends what asks, and no more: the command loop sees to that, and there is none here.
(advice-add 'jsonrpc-connection-receive :around
            (lambda (receive &rest message)
              (condition-case nil (apply receive message) (quit nil))))

(defun text ()
  (string-join (split-string (buffer-string) "\n" t) " | "))

(defun await-text (wanted)
  (await (concat "the text " wanted)
         (progn
           (unless (verify-visited-file-modtime) (revert-buffer t t t))
           (string= (text) wanted)))
  (say "buffer: %s" (text)))

(defun marks ()
  ;; As ElDoc asks while the cursor rests. What comes together with an answer jsonrpc reads with the next.
  (jsonrpc-request (eglot-current-server) :textDocument/hover (eglot--TextDocumentPositionParams))
  (flymake-start)
  (flymake-diagnostics))

(defun await-mark (wanted)
  "Wait until there is one mark, and it says WANTED; nil is none at all."
  (let ((says (lambda (mark) (string-search wanted (flymake-diagnostic-text mark)))))
    (await (or wanted "no mark")
           (if wanted
               (and (= (length (marks)) 1) (funcall says (car (marks))))
             (null (marks))))
    (dolist (mark (marks))
      (say "mark at line %d: %s" (line-number-at-pos (flymake-diagnostic-beg mark))
           (car (split-string (flymake-diagnostic-text mark) "\n"))))))

(defun execute (command &rest arguments)
  (eglot-execute-command (eglot-current-server) command (vconcat arguments)))

(defun codex-asks (prompt)
  (execute 'outrigger.turn.start prompt '(:approvalPolicy "untrusted")))

(defun act (line choice)
  (goto-char (point-min))
  (forward-line (1- line))
  (push choice answers)
  (eglot-code-actions (point) (line-end-position) nil t))

(defconst patch "[[patch:*** Begin Patch
*** Update File: notes.txt
@@
 one
-two
+zwei
 three
*** End Patch]]")

(find-file "notes.txt")
;; Without a command loop `eglot-ensure' waits for ever.
(apply #'eglot (eglot--guess-contact))
(await "the server" (eglot-managed-p))
(say "attached: %s" (plist-get (eglot--server-info (eglot-current-server)) :name))

(say "# A change is accepted by a code action.")
(codex-asks patch)
(await "the question" (= asked 1))
(await-mark "Codex wants to change line 2")
(act 2 "Accept: ")
(await-text "one | zwei | three")

(say "# What Codex wrote is undone by a code action, and the undo is taken back.")
(await-mark "Codex changed line 2")
(act 2 "Undo: ")
(await-text "one | two | three")
(execute 'outrigger.journal.undoLast)
(await-text "one | zwei | three")
(await-mark "Codex changed line 2")
(act 2 "Keep: ")
(await-mark nil)

(say "# A command is declined in the message; a turn that asks is steered, and goes on with both.")
(push "Decline" answers)
(codex-asks "[[exec:touch declined]]")
(await "the question" (null answers))
(let ((first (progn (setq answers '("close")) (codex-asks "[[exec:touch first]]"))))
  (await "the question" (null answers))
  (let ((second (codex-asks "[[exec:touch second]]")))
    (say "one turn: %s" (equal (plist-get first :turnId) (plist-get second :turnId)))))
(setq answers '("Accept"))
(await-mark "touch first")
(act 1 "Accept: ")
(await "both files" (and (file-exists-p "first") (file-exists-p "second")))
(say "files: declined %s, first and second" (file-exists-p "declined"))

(say "# A turn is interrupted by a command.")
(codex-asks "[[slow:600,1]]")
(execute 'outrigger.turn.interrupt)
(say "interrupted\nthe end")
(kill-emacs 0)
;;; story.el ends here
