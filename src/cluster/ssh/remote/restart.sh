# Starts the workers of this host again, each as it was launched. Before this text stand TOKEN, QUEUE,
# BUNDLE, end.sh and start.sh; behind it `restart` with the seconds that running tasks have.

FROM=$PWD

# For a place in shell text.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"; }

# A worker of an earlier version left no order. Where process $2 runs is seen; where that cannot be read it
# is home, as if nothing had been said. What it was given for its environment cannot be told from what its
# login gave it: that is lost, and said.
order_from_process() {
  if [ -s "$OWN/worker-$1.order" ]; then return; fi
  ORDER="NODE_GIVEN= ENVIRONMENT= CWD=$(quoted "$(readlink "/proc/$2/cwd" 2>/dev/null)")"
  keep_order "$1" 2>/dev/null || fail folder "$OWN"
  say unordered "$1"
}

# A working directory may have been given as one below that in which a login begins.
recall() {
  ORDER=$(cat "$OWN/worker-$1.order")
  cd "$FROM"
}

# Whether what is to come goes well: the program takes these settings and reaches Redis, and there is room.
try() {
  ready
  check "$OWN/conf.json"
  cat "$OWN/conf.json" >"$OWN/conf.json.$ASIDE" || fail disk "$OWN"
}

# Most slots have the same order: it is tried once.
try_all() {
  tried=
  for slot in $1; do
    recall "$slot"
    if [ "$ORDER" != "$tried" ]; then try; fi
    tried=$ORDER
  done
}

# Of $here, the slots of the queue in $OWN.
slots_here() {
  printf '%s\n' "$here" | while read -r pid slot bundle folder; do
    if [ "$folder" = "${OWN##*/}" ]; then printf '%s\n' "$slot"; fi
  done | sort -nu
}

prepare() {
  while read -r pid slot bundle folder; do
    if [ "$folder" = "${OWN##*/}" ]; then order_from_process "$slot" "$pid"; fi
  done <<HERE
$here
HERE
  try_all "$(slots_here)"
}

start_again() {
  for slot in $(slots_here); do
    recall "$slot"
    # One that cannot be started after all stops none of the others.
    (ready && start "$slot")
  done
}

restart() {
  # A connection that breaks must not leave workers ended.
  trap '' HUP PIPE
  here=$(each_queue running_workers)
  if [ -z "$here" ]; then fail none; fi
  each_queue prepare
  warn
  say ending $(printf '%s\n' "$here" | cut -d ' ' -f 2 | sort -n)
  end_workers "$1"
  each_queue start_again
  say end
}
