# zsh looks here for its first file only; from then on it looks where the person's files are.
if [[ -n ${OUTRIGGER_ZDOTDIR+set} ]]; then
  export ZDOTDIR=$OUTRIGGER_ZDOTDIR
  unset OUTRIGGER_ZDOTDIR
else
  unset ZDOTDIR
fi

{
  [[ ! -r ${ZDOTDIR:-$HOME}/.zshenv ]] || source "${ZDOTDIR:-$HOME}/.zshenv"
} always {
  [[ ! -o interactive ]] || source "${${(%):-%x}:h}/outrigger.zsh"
}
