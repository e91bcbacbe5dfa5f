# SPDX-License-Identifier: MIT
#
# Completion of hermesh for fish: hermesh completion fish | source
#
# hermesh itself says what fits, one candidate a line, a tab before what it is about; ":files" and
# ":folders" ask for those as well.

function __hermesh_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l current (commandline --current-token --cut-at-cursor)
    for line in ($words[1] __complete $words[2..-1] $current 2>/dev/null)
        switch $line
            case :files
                __fish_complete_path $current
            case :folders
                __fish_complete_directories $current
            case '*'
                echo $line
        end
    end
end

complete --command hermesh --no-files --arguments '(__hermesh_complete)'
