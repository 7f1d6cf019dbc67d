# Says to Outrigger where prompts, commands and their output begin (OSC 133), the folder (OSC 7) and the title.
typeset -g __outrigger_ran= __outrigger_folder=

__outrigger_precmd() {
  local code=$?
  emulate -L zsh
  if [[ -n $__outrigger_ran ]]; then
    __outrigger_ran=
    builtin printf '\e]133;D;%s\a' $code
  fi
  if [[ $PWD != $__outrigger_folder ]]; then
    __outrigger_folder=$PWD
    setopt no_multibyte
    local LC_ALL=C text=$PWD encoded= char
    local -i index
    for ((index = 1; index <= $#text; index++)); do
      char=$text[index]
      case $char in
      [a-zA-Z0-9/._~-]) encoded+=$char ;;
      *) encoded+=%${(l:2::0:)$(([##16] #char & 255))} ;;
      esac
    done
    builtin printf '\e]7;file://%s%s\a' "$HOST" "$encoded"
  fi
  builtin printf '\e]2;%s\a' "${PWD//[[:cntrl:]]/}"
  # The prompt may have been made anew just before.
  [[ $PS1 == *$'\e]133;A'* ]] || PS1=$'%{\e]133;A\a%}'$PS1$'%{\e]133;B\a%}'
}

__outrigger_preexec() {
  __outrigger_ran=1
  builtin printf '\e]133;C\a\e]2;%s\a' "${${1//[[:cntrl:]]/ }[1,80]}"
}

typeset -ga precmd_functions preexec_functions
# The person's own files come after this one: ours goes behind what they add.
__outrigger_first() {
  precmd_functions=(${precmd_functions:#__outrigger_first} __outrigger_precmd)
  preexec_functions+=(__outrigger_preexec)
  unfunction __outrigger_first
  __outrigger_precmd
}
precmd_functions+=(__outrigger_first)
