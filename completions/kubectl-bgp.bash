# bash completion of kubectl-bgp, for those who call it by that name: source <(kubectl-bgp completion bash)
# The program itself says what fits; a line that begins with a colon ends its answer (spf13/cobra, shell completions).
# shellcheck shell=bash

_kubectl_bgp() {
    local rest=${COMP_LINE:0:COMP_POINT} words=() word trimmed i
    # bash also breaks words at = and :, the program does not.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        trimmed=${rest#"${rest%%[![:space:]]*}"}
        if ((i == COMP_CWORD)); then word=$trimmed; else word=${COMP_WORDS[i]}; fi
        if ((i == 0)) || [[ $trimmed != "$rest" ]]; then
            words+=("$word")
        else
            words[${#words[@]} - 1]+=$word
        fi
        rest=${trimmed#"$word"}
    done
    local typed=${words[${#words[@]} - 1]} line directive=0 candidates=()
    words=("${words[@]:1}")
    while IFS= read -r line; do
        if [[ $line =~ ^:[0-9]+$ ]]; then directive=${line#:}; else candidates+=("${line%%$'\t'*}"); fi
    done < <(kubectl-bgp __complete "${words[@]/#\~\//$HOME/}" </dev/null 2>/dev/null)
    # The candidates of --flag=value are values.
    [[ $typed == -*=* ]] && typed=${typed#*=}
    case $directive in
        0 | 8)
            type compopt >/dev/null 2>&1 && compopt -o filenames
            local pattern=
            ((directive == 8)) && pattern='!*.json'
            candidates=()
            while IFS= read -r line; do candidates+=("$line"); done < <(
                compgen -d -- "$typed"
                compgen -f -X "$pattern" -- "$typed" | while IFS= read -r line; do
                    [[ -d $line ]] || printf '%s\n' "$line"
                done
            )
            ;;
        6) type compopt >/dev/null 2>&1 && compopt -o nospace ;;
    esac
    COMPREPLY=()
    local kept=${typed%"$2"}
    for word in ${candidates[@]+"${candidates[@]}"}; do
        # What bash takes for words of its own is there already.
        [[ $word == "$typed"* ]] && COMPREPLY+=("${word#"$kept"}")
    done
}

complete -F _kubectl_bgp kubectl-bgp
