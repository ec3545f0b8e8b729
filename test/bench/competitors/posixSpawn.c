/* posixSpawn JOBS COUNT: runs `/bin/sh -c true` COUNT times, JOBS at a time, by posix_spawn and nothing else. */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

extern char **environ;

static void start(void) {
  char *words[] = {"sh", "-c", "true", NULL};
  pid_t pid;
  if (posix_spawn(&pid, "/bin/sh", NULL, NULL, words, environ) != 0) {
    perror("posix_spawn");
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int jobs = atoi(argv[1]), count = atoi(argv[2]), started = 0, ended = 0;
  while (ended < count) {
    while (started < count && started - ended < jobs) {
      start();
      started++;
    }
    int status;
    if (wait(&status) < 0 || status != 0) return 1;
    ended++;
  }
  return 0;
}
