import { INSTANCE_VARIABLE } from './environment';

export const GUARD_NAME = 'distcomp-guard';

/** From TERM to KILL: five rounds of 0.2 s and what the looks take, which is up to 2 s on a busy host. */
const ASKING_ROUNDS = 5;
/** Of 0.2 s. What KILL does not end in two minutes waits for a device, and nobody can help it. */
const ROUNDS = 600;

/**
 * `sh -c <this> distcomp-guard <instance>`. Standard input: `watch <session> <start of its leader>`,
 * `forget <session>`, `end`. When it closes without `end`, the worker is dead: everything in those sessions and
 * everything that carries the instance in its environment gets TERM, then KILL, until none is left.
 *
 * It looks in every round anew, so no signal goes to a number that was seen longer than a moment ago.
 */
export const GUARD_SCRIPT = `trap '' HUP INT QUIT TERM USR1 USR2 ALRM PIPE
marker=${INSTANCE_VARIABLE}=$1 sessions=' '

forget() {
  case $sessions in *" $1:"*) ;; *) return ;; esac
  rest=\${sessions#*" $1:"}
  sessions="\${sessions%%" $1:"*} \${rest#* }"
}

# Sets state, session and start of process $1; fails if there is none.
look() {
  { IFS= read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${line##*) }
  state=$1 session=$4 start=\${20}
}

# A session whose leader's number is another process's by now is not ours any more.
forget_reused() {
  for entry in $sessions; do
    if look "\${entry%:*}" && [ "$start" != "\${entry#*:}" ]; then forget "\${entry%:*}"; fi
  done
}

find_in_proc() {
  forget_reused
  for path in $(grep -lsF "$marker" /proc/[0-9]*/environ); do
    path=\${path#/proc/} found="$found \${path%/environ}"
  done
  for path in /proc/[0-9]*; do
    pid=\${path#/proc/}
    look "$pid" && [ "$state" != Z ] || continue
    case $sessions in *" $session:"*) found="$found $pid" ;; esac
  done
}

# Without /proc (macOS, not tested there): process groups stand for sessions.
find_by_ps() {
  while read -r pid group state; do
    case $state in Z*) continue ;; esac
    case $sessions in *" $group:"*) found="$found $pid" ;; esac
  done <<END
$(ps -axo pid=,pgid=,stat=)
END
  found="$found $(ps -axEww -o pid=,command= | grep -F "$marker" | sed 's/^ *//; s/ .*//')"
}

find_all() {
  found=
  if [ -d /proc/self ]; then find_in_proc; else find_by_ps; fi
  case $found in *[0-9]*) ;; *) return 1 ;; esac
}

while read -r verb id start; do
  case $verb in
    watch) sessions="$sessions$id:$start " ;;
    forget) forget "$id" ;;
    end) exit ;;
  esac
done

round=0 asked=' '
# One look may miss a process that is just executing another program: it has no environment then.
anything_left() { find_all || { sleep 0.2; find_all; }; }

while [ $round -lt ${ROUNDS} ] && anything_left; do
  for pid in $found; do
    if [ $round -ge ${ASKING_ROUNDS} ]; then
      kill -KILL "$pid"
    else
      case $asked in *" $pid "*) ;; *) kill -TERM "$pid"; asked="$asked$pid " ;; esac
      kill -CONT "$pid"
    fi
  done 2>/dev/null
  round=$((round + 1))
  sleep 0.2
done`;
