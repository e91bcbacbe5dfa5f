#compdef hermesh
# SPDX-License-Identifier: MIT
#
# Completion of hermesh for zsh: source <(hermesh completion zsh), or put it into a folder of $fpath
# as _hermesh.
#
# hermesh itself says what fits, one candidate a line, a tab before what it is about; ":files" and
# ":folders" ask for those as well.

_hermesh() {
  local line files=0 folders=0
  local -a candidates shown
  while IFS= read -r line; do
    case $line in
      :files) files=1 ;;
      :folders) folders=1 ;;
      *)
        candidates+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  -- }")
        ;;
    esac
  done < <("${(e)~words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
  (( ${#candidates} )) && compadd -l -d shown -- "${candidates[@]}"
  (( files )) && _files
  (( folders )) && _files -/
  return 0
}

if [[ $funcstack[1] == _hermesh ]]; then
  _hermesh "$@"
else
  compdef _hermesh hermesh
fi
