# Says to Outrigger where prompts, commands and their output begin (OSC 133), and the folder (OSC 7).
status is-interactive; or exit 0

# From 4 on fish says all of it by itself.
test (string split . -- $version)[1] -lt 4; or exit 0

function __outrigger_folder --on-variable PWD
    printf '\e]7;file://%s%s\a' $hostname (string escape --style=url -- $PWD)
end
__outrigger_folder

function __outrigger_runs --on-event fish_preexec
    printf '\e]133;C\a'
end

function __outrigger_ended --on-event fish_postexec
    printf '\e]133;D;%s\a' $status
end

function __outrigger_status
    return $argv[1]
end

functions --copy fish_prompt __outrigger_prompt
function fish_prompt
    set --local last $status
    printf '\e]133;A\a'
    __outrigger_status $last
    __outrigger_prompt
    printf '\e]133;B\a'
end
