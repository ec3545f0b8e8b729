#!/bin/sh
# One task of a chaos run: `task.sh KIND ID`. It writes its start and its end to the ledger, outside Redis, in
# lines that are appended whole, and says the same words on its output, by which a record is matched to it.
kind=$1 id=$2
read -r now _ </proc/uptime
words="$id/${DISTCOMP_ATTEMPT:-0}/${DISTCOMP_WORKER:-$CHAOS_ORIGINAL}/$now/$$"
echo "start $words" >>"$CHAOS_LEDGER"

end() {
  status=$1
  # On a full disk there is no room for them: a task that cannot say what it has to say has failed.
  if [ "$status" = 0 ]; then echo "$words" || status=8; else echo "$words" >&2; fi
  read -r now _ </proc/uptime
  echo "end $words $now $status" >>"$CHAOS_LEDGER"
  exit "$status"
}

# The worker above this process.
worker_pid() {
  pid=$PPID
  while [ "$pid" -gt 1 ]; do
    case $(tr '\0' ' ' <"/proc/$pid/cmdline") in *worker*.js\ --config*) echo "$pid"; return ;; esac
    while IFS=':	' read -r name value; do
      [ "$name" = PPid ] && pid=${value##*[!0-9]}
    done <"/proc/$pid/status"
  done
}

case $kind in
  quick) ;;
  short) sleep 0.2 ;;
  long) sleep 2 ;;
  gate)
    gate=$CHAOS_LEDGER.$id.$DISTCOMP_ATTEMPT
    until { read -r status <"$gate"; } 2>/dev/null; do sleep 0.05; done
    end "$status"
    ;;
  fails) end 3 ;;
  flaky) [ "${DISTCOMP_ATTEMPT:-2}" -gt 1 ] || end 1 ;;
  forks) for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 60 & done ;;
  daemon) setsid sh -c 'trap "" TERM HUP; sleep 60' >/dev/null 2>&1 & ;;
  stubborn) trap '' TERM INT HUP; sleep 1 ;;
  loud) head -c 300000 /dev/zero | tr '\0' x ;;
  closes) exec 3>&1 4>&2 </dev/null >/dev/null 2>&1; sleep 0.1; exec >&3 2>&4 ;;
  grows) text=$(head -c 30000000 /dev/zero | tr '\0' x); [ ${#text} = 30000000 ] || end 9 ;;
  kills) [ "${DISTCOMP_ATTEMPT:-2}" -gt 1 ] || kill -9 "$(worker_pid)" ;;
esac
end 0
