# SPDX-License-Identifier: MIT
#
# Completion of hermesh for bash: source <(hermesh completion bash)
#
# hermesh itself says what fits, one candidate a line, a tab before what it is about; ":files" and
# ":folders" ask for those as well.

_hermesh() {
  local program=${COMP_WORDS[0]/#\~/$HOME} words=() word i line
  # bash splits words at '=', hermesh does not.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i > 1)) && [[ $word == = || ${COMP_WORDS[i - 1]} == = ]]; then
      words[${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
  done
  local current=${words[${#words[@]}-1]} typed=${COMP_WORDS[COMP_CWORD]} before=
  if [[ $current == *=* && $COMP_WORDBREAKS == *=* ]]; then
    before=${current%"${current##*=}"}
    [[ $typed != = ]] || typed=
  fi
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files)
        compopt -o filenames 2>/dev/null
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$typed")
        ;;
      :folders)
        compopt -o filenames 2>/dev/null
        while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$typed")
        ;;
      *)
        line=${line%%$'\t'*}
        COMPREPLY+=("${line#"$before"}")
        [[ $line != *= ]] || compopt -o nospace 2>/dev/null
        ;;
    esac
  done < <("$program" __complete "${words[@]}" 2>/dev/null)
}

complete -F _hermesh hermesh
