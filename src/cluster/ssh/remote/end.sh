# The end of workers of this host, for those who stop them and those who start them again. Before it stands
# common.sh.

numbers() { each_queue running_workers | while read -r pid rest; do printf '%s ' "$pid"; done; }

# Those of $1 that still run. Not by kill -0, for which a dead one that nobody has buried is alive.
still() {
  now=" $(numbers)"
  for pid in $1; do
    case $now in *" $pid "*) printf '%s ' "$pid" ;; esac
  done
}

# Sends a signal to all of $left and waits, for so many seconds at most, until none of them is there. With `again` it is
# sent at each look, since two that come before the first was noticed are one.
end_by() {
  kill -s "$1" $left 2>/dev/null
  end=$(($(date +%s) + $2))
  before=$left
  left=$(still "$left")
  while [ -n "$left" ] && [ "$(date +%s)" -lt "$end" ]; do
    a_moment
    if [ -n "$4" ]; then kill -s "$1" $left 2>/dev/null; fi
    left=$(still "$left")
  done
  printf '%s\n' "$here" | while read -r pid slot rest; do
    case " $left" in *" $pid "*) continue ;; esac
    case " $before" in *" $pid "*) say stopped "$slot" "$3" ;; esac
  done
}

# Ends those of $here, which is what running_workers said of each queue. A worker drains at the first TERM, for $1 seconds
# at most, and gives back what it runs at the second.
end_workers() {
  left=$(still "$(printf '%s' "$here" | cut -d ' ' -f 1)")
  if [ -n "$left" ]; then end_by TERM "$1" drained; fi
  if [ -n "$left" ]; then end_by TERM 15 ended again; fi
  if [ -n "$left" ]; then end_by KILL 5 killed; fi
  for pid in $left; do say remains "$pid"; done
}
