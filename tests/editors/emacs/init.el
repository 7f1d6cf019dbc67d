(require 'eglot)
(add-to-list 'eglot-server-programs '(text-mode . ("outrigger" "--stdio")))
(add-hook 'text-mode-hook #'eglot-ensure)

(defun codex (text)
  "Start a turn of Codex with TEXT, or steer the one that runs."
  (interactive "sCodex: ")
  (eglot-execute-command (eglot-current-server) 'outrigger.turn.start (vector text)))
