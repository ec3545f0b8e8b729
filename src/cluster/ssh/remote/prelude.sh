# What the scripts for hosts share. Before this text stands TOKEN, a random word. What a script has to
# say are lines that begin with it, since a login may print anything.

say() { printf '%s %s\n' "$TOKEN" "$*"; }

fail() {
  say fail "$@"
  exit 0
}

umask 077
FOLDER=$HOME/.distcomp

# Many hosts may share one home: each has its own folder for what is running.
own_folder() {
  id=$(cat /etc/machine-id 2>/dev/null | cut -c 1-8)
  printf '%s/hosts/%s%s' "$FOLDER" "$(uname -n)" "${id:+-$id}"
}
