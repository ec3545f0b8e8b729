# What all that is sent to hosts begins with. It runs under `sh -s`, whatever the login shell is. What it
# has to say are lines that begin with $TOKEN, since a login may print anything.

say() { printf '%s %s\n' "$TOKEN" "$*"; }

fail() {
  say fail "$@"
  exit 0
}

umask 077
set -f
FOLDER=$HOME/.distcomp

# Many hosts may share one home, and a host may have workers of many queues: each host has its own folder for
# what is running, and in it each queue. $QUEUE is the name of one, or empty: what is asked is of all then.
host_folder() {
  id=$(cat /etc/machine-id 2>/dev/null | cut -c 1-8)
  printf '%s/hosts/%s%s' "$FOLDER" "$(uname -n)" "${id:+-$id}"
}
ON_HOST=$(host_folder)
OWN=$ON_HOST/$QUEUE

# Runs a command for each queue that is meant, with $OWN as its folder.
each_queue() {
  set +f
  for OWN in "$ON_HOST"/${QUEUE:-*}; do
    set -f
    if [ -d "$OWN" ]; then "$@"; fi
  done
  set -f
}

# Files are written aside and then renamed. Aside they have a name of this script's own, since others may write the same
# ones, and none of it stays when it ends. At a signal it ends with 255, as `ssh` tells of whatever a signal ends.
ASIDE=new.$$
remove_aside() {
  set +f
  rm -f "$ON_HOST"/*/*."$ASIDE"
}
trap remove_aside EXIT
trap 'exit 255' HUP INT PIPE TERM

# Command lines that name the configuration in $OWN, each behind its process number. Small hosts have no ps.
command_lines() {
  if [ ! -r /proc/self/cmdline ]; then
    ps -A -o pid= -o args=
    return
  fi
  set +f
  grep -lsF "$OWN/conf.json" /proc/[0-9]*/cmdline | while read -r file; do
    pid=${file#/proc/}
    printf '%s %s\n' "${pid%/cmdline}" "$(tr '\0' ' ' <"$file" 2>/dev/null)"
  done
  set -f
}

# The workers in $OWN that run: process number, slot, name of the bundle and of the folder, each on a line.
running_workers() {
  command_lines | while read -r pid line; do
    case $line in
      # Who started one and waits for it.
      *' --detach '*) ;;
      *"/worker-"*".js --config $OWN/conf.json --slot "*)
        slot=${line##* --slot }
        bundle=${line%% --config *}
        printf '%s %s %s %s\n' "$pid" "${slot%% *}" "${bundle##*/}" "${OWN##*/}"
        ;;
    esac
  done
}

a_moment() { sleep 0.2 2>/dev/null || sleep 1; }
