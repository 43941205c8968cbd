# fish completion of kubectl-bgp, for those who call it by that name: kubectl-bgp completion fish | source
# The program itself says what fits; a line that begins with a colon ends its answer (spf13/cobra, shell completions).

function __kubectl_bgp_candidates
    set -l words (commandline -opc | string replace -r -- '^~/' "$HOME/")
    set -e words[1]
    set -l typed (commandline -ct)
    set -l lines (kubectl-bgp __complete $words "$typed" </dev/null 2>/dev/null)
    set -l count (count $lines)
    test $count -gt 0; or return
    set -l directive $lines[$count]
    set -e lines[$count]
    switch $directive
        case ':0'
            __fish_complete_path "$typed"
        case ':8'
            __fish_complete_suffix .json
        case '*'
            # fish takes --flag=value for one word, the candidates are values.
            set -l flag (string match -r -- '^-[^=]*=' "$typed")
            for line in $lines
                printf '%s%s\n' "$flag" $line
            end
    end
end

complete -c kubectl-bgp -f -a '(__kubectl_bgp_candidates)'
