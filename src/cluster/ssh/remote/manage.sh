# What runs on this host, its end, its logs and its removal. Before this text stand TOKEN, QUEUE and end.sh;
# behind it one of the functions with its arguments.

describe_queue() {
  running_workers | while read -r pid slot bundle folder; do
    say worker "$slot" "$pid" "$bundle" "$(cat "$OWN/worker-$slot.json" 2>/dev/null)"
  done
}

describe() {
  each_queue describe_queue
  say end
}

stop() {
  here=$(each_queue running_workers)
  end_workers "$1"
  say end
}

# Of the workers of one queue. They read the file again when it has changed.
read_settings() {
  if [ -z "$(running_workers)" ]; then fail none; fi
  say settings "$(cat "$OWN/conf.json")"
  say end
}

# Those on the input.
write_settings() {
  cat >"$OWN/conf.json.$ASIDE" || fail disk "$OWN"
  mv "$OWN/conf.json.$ASIDE" "$OWN/conf.json" || fail folder "$OWN"
  say end
}

# Whoever reads it is gone when the input ends, which tail alone would not see.
follow() {
  set +f
  tail -n "$1" -f "$ON_HOST"/${QUEUE:-*}/worker-$2.log &
  cat >/dev/null
  kill $!
}

logs() {
  set +f
  ls "$ON_HOST"/${QUEUE:-*}/worker-$2.log >/dev/null 2>&1 || fail logs "$ON_HOST"
  say begin
  if [ -n "$3" ]; then follow "$1" "$2"; else tail -n "$1" "$ON_HOST"/${QUEUE:-*}/worker-$2.log; fi
}

# Folders of output that workers of this host left, each on a line. Others than ours are never touched.
output_of_queue() { grep '^/.*/distcomp-output$' "$OWN/outputs" 2>/dev/null; }
output_folders() { each_queue output_of_queue | sort -u; }

files_of_output() {
  output_folders | while IFS= read -r folder; do
    cd "$folder" 2>/dev/null || continue
    say folder "$folder"
    find . -type f -exec wc -c {} + | while read -r bytes name; do
      if [ "$name" != total ]; then say file "$bytes" "$name"; fi
    done
  done
  say end
}

# The files named on the input, each behind a line with its size.
send_files() {
  cd "$1" 2>/dev/null || fail gone "$1"
  while IFS= read -r name; do
    bytes=$(wc -c 2>/dev/null <"$name") || continue
    say content $((bytes)) "$name"
    head -c $((bytes)) "$name"
  done
  say end
}

kilobytes() { du -sk "$1" 2>/dev/null | cut -f 1; }

# Whether other hosts that share this home have something here.
is_shared() {
  set +f
  for folder in "$FOLDER"/hosts/*; do
    if [ -d "$folder" ] && [ "$folder" != "$ON_HOST" ]; then
      set -f
      return 0
    fi
  done
  set -f
  return 1
}

# What all hosts of this home use.
programs() {
  set +f
  ls -d "$FOLDER"/worker-*.js "$FOLDER"/node 2>/dev/null
  set -f
}

# What removal would remove, each with its size: the host's own folder, its output, the programs. It is of all queues.
list_ours() {
  for pid in $(numbers); do say running "$pid"; done
  if [ -d "$ON_HOST" ]; then say own "$(kilobytes "$ON_HOST")" "$ON_HOST"; fi
  output_folders | while IFS= read -r folder; do
    if [ -d "$folder" ]; then say output "$(kilobytes "$folder")" "$folder"; fi
  done
  if is_shared; then say shared; else
    programs | while IFS= read -r path; do say program "$(kilobytes "$path")" "$path"; done
  fi
  say end
}

# $1: `output`, if the output of tasks goes too.
remove_ours() {
  if [ -n "$(numbers)" ]; then fail running "$(numbers)"; fi
  if [ "$1" = output ]; then
    output_folders | while IFS= read -r folder; do
      rm -rf "$folder"
      rmdir "${folder%/*}" 2>/dev/null
    done
  fi
  rm -rf "$ON_HOST"
  if ! is_shared; then
    programs | while IFS= read -r path; do rm -f "$path"; done
  fi
  rmdir "$FOLDER/hosts" "$FOLDER" 2>/dev/null
  say end
}
