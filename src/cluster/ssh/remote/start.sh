# Starts workers on this host.
#
# Before this text stand TOKEN, QUEUE, BUNDLE (its name is made of its content's hash), BUNDLE_KB, SLOTS (numbers), REPLACE
# (seconds to wait for the end of workers of another bundle, or empty) and ORDER: text that sets NODE_GIVEN
# and CWD (paths, or empty) and ENVIRONMENT, which is text again and sets what the worker and its tasks find
# there. Behind it: `begin`, with the content of conf.json as its input.

NEWLINE='
'

# Runs a command in the environment of workers, whose variables may have the names of ours.
as_worker() (
  set -a
  eval "$ENVIRONMENT"
  "$@"
)

# A Node says it before it begins to run anything, which on a busy host takes a while.
version_of() {
  said=$(as_worker "$1" --version 2>/dev/null </dev/null) || return
  printf '%s' "${said#v}"
}

is_new_enough() {
  case ${1%%.*} in
    '' | *[!0-9]*) return 1 ;;
    *) [ "${1%%.*}" -ge 18 ] ;;
  esac
}

# Where people and tools put it, what counts most first.
candidates() {
  as_worker command -v node
  "${SHELL:-/bin/sh}" -lc 'command -v node' 2>/dev/null </dev/null | tail -n 1
  set +f
  ls -d "$FOLDER"/node \
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

find_node() {
  NODE= OLD=${NODE_GIVEN:+given $NODE_GIVEN}
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

# Systems that end what a person leaves behind at logout, unless that person lingers there.
warn_of_logout() {
  command -v busctl >/dev/null 2>&1 || return 0
  case $(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 \
    org.freedesktop.login1.Manager KillUserProcesses 2>/dev/null </dev/null) in
    *true) ;;
    *) return 0 ;;
  esac
  case $(loginctl show-user "$(id -un)" --property=Linger 2>/dev/null </dev/null) in
    *=yes) ;;
    *) loginctl enable-linger >/dev/null 2>&1 </dev/null || say ends-at-logout ;;
  esac
}

# Workers of another bundle in these slots: said, or drained and waited for.
others() {
  running_workers | while read -r pid slot bundle folder; do
    case " $SLOTS " in
      *" $slot "*) [ "$bundle" = "$BUNDLE" ] || printf '%s %s\n' "$pid" "$slot" ;;
    esac
  done
}

make_way() {
  others | while read -r pid slot; do
    if [ -n "$REPLACE" ]; then kill -TERM "$pid" 2>/dev/null; fi
  done
  if [ -n "$REPLACE" ]; then
    end=$(($(date +%s) + REPLACE))
    while [ -n "$(others)" ] && [ "$(date +%s)" -lt "$end" ]; do a_moment; done
  fi
  others | while read -r pid slot; do
    if [ -n "$REPLACE" ]; then say draining "$slot"; else say other "$slot"; fi
  done
}

# For a restart.
keep_order() {
  printf '%s\n' "$ORDER" >"$OWN/worker-$1.order.$ASIDE" &&
    mv "$OWN/worker-$1.order.$ASIDE" "$OWN/worker-$1.order"
}

# What is to be known later of a worker that was started, and said $2.
keep() {
  keep_order "$1"
  printf '%s\n' "$2" >"$OWN/worker-$1.json"
  output=$(printf '%s' "$2" | sed -n 's/.*"output":"\([^"\\]*\)".*/\1/p')
  grep -qxF -e "$output" "$OWN/outputs" 2>/dev/null || printf '%s\n' "$output" >>"$OWN/outputs"
}

start() {
  answer=$(as_worker "$NODE" "$FOLDER/$BUNDLE" --config "$OWN/conf.json" --slot "$1" \
    --detach "$OWN/worker-$1.log" </dev/null 2>&1) || :
  answer=$(printf '%s' "$answer" | tail -n 1)
  case $answer in
    *'"state":"started"'*) keep "$1" "$answer" ;;
  esac
  # Last: where nobody listens any more, a shell ends with it.
  say worker "$1" "$answer"
}

# What logs and settings take, in kB.
OWN_KB=64

# Whether the disk has room for what is missing. Where it cannot be told, writing will.
room() {
  at=$FOLDER
  if [ ! -d "$at" ]; then at=$HOME; fi
  if [ ! -w "$at" ]; then return; fi
  free=$(df -Pk "$at" 2>/dev/null | sed -n 's/.* \([0-9][0-9]*\)  *[0-9]*% .*/\1/p')
  needed=$OWN_KB
  if [ ! -f "$FOLDER/$BUNDLE" ]; then needed=$((needed + BUNDLE_KB)); fi
  if [ -n "$free" ] && [ "$free" -lt "$needed" ]; then fail disk "$free $needed $at"; fi
}

# Whether the program takes these settings and reaches Redis.
check() {
  answer=$(as_worker "$NODE" "$FOLDER/$BUNDLE" --config "$1" --check </dev/null 2>&1)
  code=$?
  if [ "$code" = 0 ]; then return; fi
  fail check "$code" "$(printf '%s' "$answer" | tail -n 1)"
}

# All that can be seen to be missing, before anything changes.
ready() {
  eval "$ORDER"
  find_node
  if [ -z "$NODE" ]; then fail node "${OLD:-none}"; fi
  room
  mkdir -p "$OWN" 2>/dev/null || fail folder "$OWN"
  (: >"$OWN/conf.json.$ASIDE") 2>/dev/null || fail folder "$OWN"
  cd "${CWD:-$HOME}" 2>/dev/null || fail cwd "$CWD"
  if [ ! -f "$FOLDER/$BUNDLE" ]; then fail bundle; fi
}

warn() {
  as_worker command -v python3 >/dev/null 2>&1 || say without python3
  warn_of_logout
}

begin() {
  ready
  cat >"$OWN/conf.json.$ASIDE" || fail disk "$OWN"
  # Those that run read it while they run, and may have to make way for others that could not come.
  if [ -n "$(running_workers)" ]; then check "$OWN/conf.json.$ASIDE"; fi
  mv "$OWN/conf.json.$ASIDE" "$OWN/conf.json" || fail folder "$OWN"
  warn
  make_way
  for slot in $SLOTS; do start "$slot"; done
}
