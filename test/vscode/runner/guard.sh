# Ends a test run once its standard input ends: the group GROUP, every process that belongs to FOLDER,
# and the folder itself. Whoever started the run holds the other end, so it also ends when that is killed.
# Usage: sh guard.sh GROUP FOLDER
group=$1 folder=$2
read -r _
kill -KILL "-$group"

# Workers and lanes have groups of their own, and must not outlive the run. They inherit the variable;
# redis-server writes its title over its environment, and stands in its folder.
belongs() {
  grep -qsF "DISTCOMP_TEST_RUN=$folder" "$1/environ" && return 0
  case $(readlink "$1/cwd") in "$folder"/*) return 0 ;; esac
  return 1
}
found=yes
while [ "$found" ]; do
  found=
  for process in /proc/[0-9]*; do
    belongs "$process" && kill -KILL "${process#/proc/}" && found=yes
  done
done
rm -rf -- "$folder"
