# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Building, quietly: for `try` and `check`.
: "${root:?wants the directory of the tree}"

# build PRESET [TARGET...]: configures build/PRESET once (Ninja sees to it later), builds, keeps all
# that was said in build/PRESET.log; on failure shows what broke.
build() {
  local preset=$1 log=$root/build/$1.log
  shift
  mkdir -p "$root/build"
  # CMake reads this when it configures for the first time.
  if command -v ccache >/dev/null; then
    export CMAKE_CXX_COMPILER_LAUNCHER=ccache
  fi
  if [[ ! -f $root/build/$preset/build.ninja ]]; then
    printf 'build: configuring %s\n' "$preset" >&2
    if ! (cd "$root" && cmake --preset "$preset") >"$log" 2>&1; then
      tail -n 30 "$log" >&2
      printf 'build: %s could not be configured: %s\n' "$preset" "$log" >&2
      return 1
    fi
  fi
  local targets=()
  (($# == 0)) || targets=(--target "$@")
  if ! NINJA_STATUS='[%f/%t] ' cmake --build "$root/build/$preset" "${targets[@]}" 2>&1 </dev/null |
    tee "$log" | progress "$preset"; then
    # From the first failure on: what came before is of no use.
    sed -n '/^FAILED: /,$p' "$log" | head -n 60 >&2
    grep -q '^FAILED: ' "$log" || tail -n 30 "$log" >&2
    printf 'build: %s failed: %s\n' "$preset" "$log" >&2
    return 1
  fi
}

# Ninja's lines in, one line that moves out; off a terminal one line every tenth.
progress() {
  local moves=
  [[ ! -t 2 ]] || moves=1
  awk -v moves="$moves" -v what="build: $1" '
    match($0, /^\[[0-9]+\/[0-9]+\]/) {
      split(substr($0, 2, RLENGTH - 2), n, "/")
      tenth = int(10 * n[1] / n[2])
      if (moves) printf "\r%s %d of %d ", what, n[1], n[2] > "/dev/stderr"
      else if (n[2] >= 10 && tenth > last) printf "%s %d of %d\n", what, n[1], n[2] > "/dev/stderr"
      last = tenth
      shown = 1
    }
    END { if (moves && shown) printf "\r%s done%20s\n", what, "" > "/dev/stderr" }'
}
