# Starts workers on this host. Runs under `sh -s`, whatever the login shell is.
#
# Before this text stand BUNDLE (its name is made of its content's hash), NODE_GIVEN and CWD (paths, or
# empty), SLOTS (numbers), and the prelude. Behind it: `begin`, with the content of conf.json as its input.

set -f
NEWLINE='
'

version_of() { "$1" -p process.versions.node 2>/dev/null </dev/null; }

is_new_enough() {
  case ${1%%.*} in
    '' | *[!0-9]*) return 1 ;;
    *) [ "${1%%.*}" -ge 18 ] ;;
  esac
}

# Where people and tools put it, what counts most first.
candidates() {
  command -v node
  "${SHELL:-/bin/sh}" -lc 'command -v node' 2>/dev/null </dev/null | tail -n 1
  set +f
  ls -d "$HOME"/.distcomp/node \
    "$HOME"/.volta/bin/node \
    "$HOME"/.nvm/versions/node/*/bin/node \
    "$HOME"/.local/share/fnm/node-versions/*/installation/bin/node \
    "$HOME"/.fnm/node-versions/*/installation/bin/node \
    "$HOME"/.asdf/installs/nodejs/*/bin/node \
    "$HOME"/.local/share/mise/installs/node/*/bin/node \
    "$HOME"/.vscode-server/cli/servers/*/server/node \
    "$HOME"/.vscode-server/bin/*/node \
    /usr/local/bin/node /opt/homebrew/bin/node 2>/dev/null
}

NODE= OLD=
find_node() {
  IFS=$NEWLINE
  for found in ${NODE_GIVEN:-$(candidates)}; do
    version=$(version_of "$found") || continue
    if is_new_enough "$version"; then
      NODE=$found
      break
    fi
    OLD="$version at $found"
  done
  unset IFS
}

begin() {
  find_node
  if [ -z "$NODE" ]; then fail node "${OLD:-none}"; fi
  OWN=$(own_folder)
  mkdir -p "$OWN" 2>/dev/null || fail folder "$OWN"
  (: >"$OWN/conf.json.new") 2>/dev/null || fail folder "$OWN"
  cd "${CWD:-$HOME}" 2>/dev/null || fail cwd "$CWD"
  if [ ! -f "$FOLDER/$BUNDLE" ]; then fail bundle; fi
  cat >"$OWN/conf.json.new" || fail disk "$OWN"
  mv "$OWN/conf.json.new" "$OWN/conf.json" || fail folder "$OWN"
  command -v python3 >/dev/null 2>&1 || say without python3
  for slot in $SLOTS; do
    answer=$("$NODE" "$FOLDER/$BUNDLE" --config "$OWN/conf.json" --slot "$slot" \
      --detach "$OWN/worker-$slot.log" </dev/null 2>&1) || :
    say worker "$slot" "$(printf '%s' "$answer" | tail -n 1)"
  done
}
