// floor: the minimum that a server of this protocol must do on this kernel. One thread, epoll, no tokens, no timers, no counters: it answers each
// frame of 158 bytes with a prepared one. On a frame whose type begins with 'b' it sends 1,182 bytes to every client, as a broadcast of 1 KiB does.
//
//   floor PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { FRAME = 158, CAST = 158 + 1024, TYPE = 8, MOST = 1 << 16 };

static char held[MOST][FRAME], answers[64 * FRAME], cast[CAST];
static unsigned char held_bytes[MOST], is_open[MOST];

static void answer(int fd, const char *bytes, size_t length) { if (write(fd, bytes, length) < 0) perror("write"); }

static void serve(int fd) {
    static char bytes[64 * FRAME];
    size_t before = held_bytes[fd];
    memcpy(bytes, held[fd], before);
    ssize_t got = read(fd, bytes + before, sizeof bytes - before);
    if (got <= 0) { close(fd); is_open[fd] = 0; held_bytes[fd] = 0; return; }
    size_t all = before + got, whole = all / FRAME;
    if (whole && bytes[TYPE] == 'b') { for (int i = 0; i < MOST; i++) if (is_open[i]) answer(i, cast, CAST); }
    else if (whole) answer(fd, answers, whole * FRAME);
    held_bytes[fd] = all - whole * FRAME;
    memcpy(held[fd], bytes + whole * FRAME, held_bytes[fd]);
}

int main(int argc, char **argv) {
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0), poll_fd = epoll_create1(0);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(argc > 1 ? atoi(argv[1]) : 9100) };
    struct epoll_event events[512], e = { .events = EPOLLIN, .data.fd = listener };
    for (int i = 0; i < 64; i++) memcpy(answers + i * FRAME, "\0\0\0\x76\0\0\0\0ping", 12);
    memcpy(cast, "\0\0\0\x76\0\0\4\0news", 12);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 4096)) { perror("listen"); return 1; }
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &e);
    for (;;) {
        int ready = epoll_wait(poll_fd, events, 512, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != listener) { serve(events[i].data.fd); continue; }
            int fd = accept(listener, 0, 0);
            if (fd < 0 || fd >= MOST) { if (fd >= 0) close(fd); continue; }
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            is_open[fd] = 1;
            e.data.fd = fd;
            epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &e);
        }
    }
}
