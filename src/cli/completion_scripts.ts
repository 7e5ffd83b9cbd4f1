/*
 * What each shell is given: it hands the words of the line to `k8svent completion --line`, and offers what that prints.
 * Nothing that is typed is evaluated. A line of the answer is a word, a tab and what is said of it; the line `:files`
 * stands for the names of files.
 */

/** Stands for the names of files, in an answer. */
export const FILES = ":files";

const BASH = `# bash completion of k8svent

_k8svent() {
  local program=\${COMP_WORDS[0]/#\\~/$HOME} current=\${COMP_WORDS[COMP_CWORD]} line
  # Readline completes what follows the sign alone: --output=json.
  local before=
  [[ $current == "=" || \${COMP_WORDS[COMP_CWORD - 1]} == "=" ]] && before='*='
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ${FILES} ]]; then
      # Nothing is offered, so that the names of files are: see -o default below.
      return
    fi
    line=\${line%%$'\\t'*}
    COMPREPLY+=("\${line#$before}")
  done < <("$program" completion --line "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  # Bash of macOS (3.2) has no way to say so.
  [[ \${#COMPREPLY[@]} -gt 0 ]] || ! type compopt &>/dev/null || compopt +o default
}

complete -o default -F _k8svent k8svent
`;

const ZSH = `#compdef k8svent
# zsh completion of k8svent

_k8svent() {
  local program=\${words[1]/#\\~/$HOME} line word
  local -a candidates
  while IFS= read -r line; do
    if [[ $line == ${FILES} ]]; then
      compset -P '--[^=]#='
      _files
      return
    fi
    word=\${\${line%%$'\\t'*}//:/\\\\:}
    [[ $line == *$'\\t'* ]] && word+=":\${line#*$'\\t'}"
    candidates+=("$word")
  done < <("$program" completion --line "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  _describe -t k8svent k8svent candidates
}

# Read from $fpath, this is the function's body, too.
if [ "$funcstack[1]" = "_k8svent" ]; then
  _k8svent "$@"
else
  compdef _k8svent k8svent
fi
`;

const FISH = `# fish completion of k8svent

function __k8svent_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $typed[1])
    for line in ($program completion --line $typed[2..-1] "$current" 2>/dev/null)
        if test "$line" = ${FILES}
            set -l flag (string match -r -- '^--[^=]+=' "$current"; or echo)
            for path in (__fish_complete_path (string replace -r -- '^--[^=]+=' '' "$current"))
                echo -- $flag$path
            end
        else
            echo -- $line
        end
    end
end

complete -c k8svent -f -a '(__k8svent_complete)'
`;

/** The script for each shell. */
export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
