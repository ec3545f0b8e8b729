# The host's end of a tunnel, for as long as the connection lives. Redis is reached
# by a socket in a folder made for this connection alone, since a half-dead sshd may keep an old one
# bound; workers know only the symlink to it, whose path stays. Before this text stand TOKEN and QUEUE.
#
# It says `listen` with the path of the socket that sshd is to make, waits for a line that says it is
# there, says `up` with the path for workers, and `over` when all of it is removed again.

LONGEST=107
[ "$(uname -s)" = Darwin ] && LONGEST=103

remove() {
  trap '' HUP INT TERM
  [ "$(readlink "$LINK")" = "$SOCKET" ] && rm -f "$LINK"
  rm -rf "$MADE"
  say over
}

hold() {
  LINK=$OWN/redis.sock
  bytes=$(printf %s "$LINK" | wc -c)
  if [ "$bytes" -gt "$LONGEST" ]; then fail length "$LONGEST $LINK"; fi
  mkdir -p "$OWN" 2>/dev/null || fail folder "$OWN"
  MADE=$(mktemp -d /tmp/distcomp-XXXXXXXX 2>/dev/null) || fail folder /tmp
  SOCKET=$MADE/redis.sock
  trap '' PIPE
  trap remove EXIT
  trap exit HUP INT TERM
  say listen "$SOCKET"
  read -r _ || exit 0
  # In one step, so that there is always an old one or a new one.
  ln -s "$SOCKET" "$LINK.$$" 2>/dev/null && mv -f "$LINK.$$" "$LINK" || fail folder "$OWN"
  say up "$LINK"
  # Until the manager ends it, or is gone, or the connection is.
  read -r _
}
