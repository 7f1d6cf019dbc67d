# Says to Outrigger where prompts, commands and their output begin (OSC 133), and the folder (OSC 7).
# bash reads this in place of the person's own files, which it reads first.
if [ -n "${OUTRIGGER_SHELL_LOGIN-}" ]; then
  unset OUTRIGGER_SHELL_LOGIN
  [ -r /etc/profile ] && . /etc/profile
  if [ -r ~/.bash_profile ]; then
    . ~/.bash_profile
  elif [ -r ~/.bash_login ]; then
    . ~/.bash_login
  elif [ -r ~/.profile ]; then
    . ~/.profile
  fi
elif [ -r ~/.bashrc ]; then
  . ~/.bashrc
fi

case $- in
*i*) ;;
*) return ;;
esac

__outrigger_ran=
__outrigger_folder=
__outrigger_ps1=

# Into `REPLY`, as a path stands in a URI.
__outrigger_encode() {
  local LC_ALL=C text=$1 index char code
  REPLY=
  for ((index = 0; index < ${#text}; index++)); do
    char=${text:index:1}
    case $char in
    [a-zA-Z0-9/._~-]) REPLY+=$char ;;
    *)
      printf -v code '%d' "'$char"
      printf -v char '%%%02X' $((code & 255))
      REPLY+=$char
      ;;
    esac
  done
}

# Before what the person has run before a prompt: that still sees how the command ended.
__outrigger_before() {
  local status=$? REPLY
  if [ -n "$__outrigger_ran" ]; then
    __outrigger_ran=
    printf '\e]133;D;%s\a' "$status"
  fi
  if [ "$PWD" != "$__outrigger_folder" ]; then
    __outrigger_folder=$PWD
    __outrigger_encode "$PWD"
    printf '\e]7;file://%s%s\a\e]2;%s\a' "${HOSTNAME-}" "$REPLY" "${PWD//[[:cntrl:]]/}"
  fi
  return "$status"
}

# Behind it, since the prompt may be made there.
__outrigger_after() {
  local status=$?
  if [ "${PS1-}" != "$__outrigger_ps1" ]; then
    __outrigger_ps1="\[\e]133;A\a\]${PS1-}\[\e]133;B\a\]"
    PS1=$__outrigger_ps1
  fi
  return "$status"
}

if [[ $(declare -p PROMPT_COMMAND 2>/dev/null) == "declare -a"* ]]; then
  PROMPT_COMMAND=(__outrigger_before "${PROMPT_COMMAND[@]}" __outrigger_after)
else
  PROMPT_COMMAND=$'__outrigger_before\n'"${PROMPT_COMMAND-}"$'\n__outrigger_after'
fi
# Read as a command begins, in this shell: so it can say that one ran. Before 4.4 nothing reads it.
PS0="${PS0-}"'\e]133;C\a${__outrigger_ran:$((__outrigger_ran=1,0)):0}'
