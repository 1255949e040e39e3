/* The floor of a fan-out: accepts COUNT connections on 127.0.0.1, and for each line on stdin writes one frame of BYTES
 * bytes of payload to every one of them. Speaks in lines: "port P", "ready", then for each line of the form "N" (frames
 * for each socket, written at once) "sent MONOTONIC_MS USER_US SYSTEM_US". */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static long micros(struct timeval t) { return t.tv_sec * 1000000L + t.tv_usec; }

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int count = atoi(argv[1]), bytes = atoi(argv[2]), one = 1;
  if (bytes < 126 || bytes > 65535) return 2;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);

  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024)) return 1;
  getsockname(listener, (struct sockaddr *)&address, &size);
  printf("port %d\n", ntohs(address.sin_port));
  fflush(stdout);

  int *sockets = calloc(count, sizeof *sockets);
  for (int i = 0; i < count; i++) {
    sockets[i] = accept(listener, NULL, NULL);
    if (sockets[i] < 0) return 1;
    setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  printf("ready\n");
  fflush(stdout);

  char line[64];
  while (fgets(line, sizeof line, stdin)) {
    int frames = atoi(line);
    size_t length = (size_t)frames * (bytes + 4);
    unsigned char *data = malloc(length);
    for (int f = 0; f < frames; f++) {
      unsigned char *frame = data + (size_t)f * (bytes + 4);
      frame[0] = 0x81;
      frame[1] = 126;
      frame[2] = bytes >> 8;
      frame[3] = bytes & 255;
      memset(frame + 4, 'x', bytes);
    }
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double started = now_ms();
    for (int i = 0; i < count; i++)
      for (size_t at = 0; at < length;) {
        ssize_t written = write(sockets[i], data + at, length - at);
        if (written < 0) return 1;
        at += written;
      }
    getrusage(RUSAGE_SELF, &after);
    printf("sent %.4f %ld %ld\n", started, micros(after.ru_utime) - micros(before.ru_utime),
           micros(after.ru_stime) - micros(before.ru_stime));
    fflush(stdout);
    free(data);
  }
  return 0;
}
