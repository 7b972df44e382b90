// load: many clients of one server, from one thread. It is independent of the protocol: it sends the bytes of a file and counts the bytes of the
// answers. So servers of different protocols can be measured with the same load.
//
//   load ping  PORT CLIENTS SECONDS REQUEST ANSWER_BYTES [options]   each client keeps --deep requests in flight, or sends one every --every seconds
//   load storm PORT CLIENTS 0       REQUEST ANSWER_BYTES [options]   each client connects, sends one request and is answered; ends with the last answer
//   load cast  PORT CLIENTS 0       ORDER   CAST_BYTES   [options]   the first client sends ORDER; ends when every client has received CAST_BYTES
//
//   --deep N          requests in flight on each connection (1)
//   --every SECONDS   paced: each client sends one request in that time; the clients are spread evenly
//   --first FILE:N    sent once after connecting and answered with N bytes (a protocol's greeting; for cast the first request); with N = 0 the
//                     answer is everything that arrives before the measurement begins
//   --pid PID         measure that process: processor time over the seconds of the test, memory at its end
//   --casts N         cast: this many orders, a third of a second apart; only the last one is measured (1)
//   --settle SECONDS  wait between connecting and measuring (1)
//   --slices yes      ping: connects once; then each line of standard input is a number of seconds to measure, and prints one line of results
//
// Prints one line of JSON. Exit code 1 when a client lost its connection.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

struct client { int fd; long expected; double asked; double next; };
struct bytes { char *at; size_t length; };

static struct client *clients;
static int count, poll_fd, port, deep = 1, casts = 1, lost;
static long answer_bytes, first_bytes, answers;
static double every, settle = 1, *waits;
static long waits_kept, waits_room;
static struct bytes request, first, batch;

static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec / 1e9; }
static void fail(const char *what) { perror(what); exit(2); }

static struct bytes contents(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) fail(path);
    struct bytes b = { malloc(1 << 20), 0 };
    b.length = fread(b.at, 1, 1 << 20, file);
    fclose(file);
    return b;
}

static void keep_wait(double seconds) {
    if (waits_kept == waits_room) waits = realloc(waits, (waits_room = waits_room ? waits_room * 2 : 1 << 20) * sizeof *waits);
    waits[waits_kept++] = seconds;
}

static int by_size(const void *a, const void *b) { double x = *(const double *)a, y = *(const double *)b; return (x > y) - (x < y); }

static void lose(struct client *c) { epoll_ctl(poll_fd, EPOLL_CTL_DEL, c->fd, 0); close(c->fd); c->fd = -1; lost++; }

static void ask(struct client *c, struct bytes what, long expected, double at) {
    if (c->fd < 0) return;
    c->expected += expected;
    c->asked = at;
    if (write(c->fd, what.at, what.length) != (ssize_t)what.length) lose(c);
}

// Clients use many source addresses, so that ports do not run out.
static void open_client(struct client *c, int index) {
    struct sockaddr_in from = { .sin_family = AF_INET }, to = { .sin_family = AF_INET, .sin_port = htons(port) };
    int on = 1;
    from.sin_addr.s_addr = htonl((127u << 24) | (1 + index / 10000) << 16 | (1 + index % 200));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if ((c->fd = socket(AF_INET, SOCK_STREAM, 0)) < 0) fail("socket");
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(c->fd, (struct sockaddr *)&from, sizeof from)) fail("bind");
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to)) fail("connect");
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &e);
}

// Reads what has arrived, and calls back for each client that has received all its expected bytes.
static void receive(int timeout_ms, void (*answered)(struct client *, double)) {
    static char buffer[1 << 16];
    struct epoll_event events[512];
    int ready = epoll_wait(poll_fd, events, 512, timeout_ms);
    for (int i = 0; i < ready; i++) {
        struct client *c = events[i].data.ptr;
        if (c->fd < 0) continue;
        ssize_t got = read(c->fd, buffer, sizeof buffer);
        if (got < 0 && errno == EAGAIN) continue;
        if (got <= 0) { lose(c); continue; }
        if ((c->expected -= got) <= 0 && answered) answered(c, now());
    }
}

static int waiting(void) { int n = 0; for (int i = 0; i < count; i++) n += clients[i].fd >= 0 && clients[i].expected > 0; return n; }

static void wait_for_all(const char *what) {
    for (double began = now(); waiting() > 0;) {
        receive(100, 0);
        if (now() - began > 120) { fprintf(stderr, "%s: %d clients still wait after 120 s\n", what, waiting()); exit(1); }
    }
}

static void ask_again(struct client *c, double at) {
    answers += deep;
    keep_wait(at - c->asked);
    ask(c, batch, answer_bytes * deep, at);
}

static void note_answer(struct client *c, double at) { answers++; keep_wait(at - c->asked); }

static double processor_seconds(int pid) {
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file) fail(path);
    if (fgets(text, sizeof text, file)) sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    fclose(file);
    return (user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long resident_bytes(int pid) {
    char path[64];
    long all, resident = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "r");
    if (!file || fscanf(file, "%ld %ld", &all, &resident) != 2) fail(path);
    fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
}

static void ping(double seconds) {
    double began = now(), end = began + seconds;
    if (every == 0) for (int i = 0; i < count; i++) ask(&clients[i], batch, answer_bytes * deep, now());
    for (int i = 0; i < count; i++) clients[i].next = began + every * i / count;
    for (int due = 0; now() < end;) {
        int timeout_ms = 100;
        while (every > 0) {
            struct client *c = &clients[due];
            double left = c->next - now();
            if (left > 0) { timeout_ms = (int)(left * 1000); break; }
            c->next += every;
            // An answer that has not arrived when the next request is due counts as lost.
            if (c->expected > 0) c->expected = 0, lost++;
            ask(c, request, answer_bytes, now());
            due = (due + 1) % count;
        }
        receive(timeout_ms, every > 0 ? note_answer : ask_again);
    }
}

static void report(double connected, double elapsed, double processor, int pid) {
    qsort(waits, waits_kept, sizeof *waits, by_size);
    printf("{\"clients\":%d,\"connected_s\":%.4f,\"elapsed_s\":%.4f,\"answers\":%ld,\"per_s\":%.0f,\"processor_s\":%.3f,\"resident_bytes\":%ld,\"p50_us\":%.0f,\"p99_us\":%.0f,\"p999_us\":%.0f,\"lost\":%d}\n",
        count, connected, elapsed, answers, answers / elapsed, processor, pid ? resident_bytes(pid) : 0,
        waits_kept ? waits[waits_kept / 2] * 1e6 : 0, waits_kept ? waits[waits_kept * 99 / 100] * 1e6 : 0, waits_kept ? waits[waits_kept * 999 / 1000] * 1e6 : 0, lost);
    fflush(stdout);
}

// Connections stay open between slices, so that servers can be measured in turns without the cost of connecting and warming up.
static void measure_slices(double connected, int pid) {
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        answers = waits_kept = 0;
        double before = pid ? processor_seconds(pid) : 0, began = now();
        ping(atof(line));
        double elapsed = now() - began;
        double processor = pid ? processor_seconds(pid) - before : 0;
        wait_for_all("a slice");
        report(connected, elapsed, processor, pid);
    }
}

int main(int argc, char **argv) {
    if (argc < 7) { fprintf(stderr, "usage: load ping|storm|cast PORT CLIENTS SECONDS REQUEST ANSWER_BYTES [options]\n"); return 2; }
    const char *mode = argv[1];
    double seconds = atof(argv[4]);
    int pid = 0, slices = 0;
    port = atoi(argv[2]);
    count = atoi(argv[3]);
    request = contents(argv[5]);
    answer_bytes = atol(argv[6]);
    for (int i = 7; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--deep")) deep = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--every")) every = atof(argv[i + 1]);
        else if (!strcmp(argv[i], "--pid")) pid = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--slices")) slices = 1;
        else if (!strcmp(argv[i], "--casts")) casts = atoi(argv[i + 1]);
        else if (!strcmp(argv[i], "--settle")) settle = atof(argv[i + 1]);
        else if (!strcmp(argv[i], "--first")) { char *colon = strrchr(argv[i + 1], ':'); *colon = 0; first = contents(argv[i + 1]); first_bytes = atol(colon + 1); }
        else { fprintf(stderr, "load: %s is not an option\n", argv[i]); return 2; }
    }

    batch.length = request.length * deep;
    batch.at = malloc(batch.length);
    for (int i = 0; i < deep; i++) memcpy(batch.at + i * request.length, request.at, request.length);
    clients = calloc(count, sizeof *clients);
    poll_fd = epoll_create1(0);

    int is_storm = !strcmp(mode, "storm"), is_cast = !strcmp(mode, "cast");
    double began = now();
    for (int i = 0; i < count; i++) {
        open_client(&clients[i], i);
        if (is_storm) ask(&clients[i], request, answer_bytes, now());
        else if (first.length) ask(&clients[i], first, first_bytes, now());
        if (i % 64 == 0) receive(0, 0);
    }
    wait_for_all("connecting");
    double connected = now() - began;

    double processor = 0, elapsed = connected;
    if (!is_storm) {
        for (double until = now() + settle; now() < until;) receive(10, 0);
        for (int i = 0; i < count; i++) clients[i].expected = 0;
        if (slices) { measure_slices(connected, pid); return lost != 0; }
        double before = pid ? processor_seconds(pid) : 0;
        began = now();
        if (is_cast) {
            for (int cast = 1; cast <= casts; cast++) {
                before = pid ? processor_seconds(pid) : 0;
                began = now();
                for (int i = 0; i < count; i++) clients[i].expected = answer_bytes;
                ask(&clients[0], request, 0, now());
                wait_for_all("cast");
                if (cast < casts) for (double until = now() + 0.3; now() < until;) receive(10, 0);
            }
        } else ping(seconds);
        elapsed = now() - began;
        processor = pid ? processor_seconds(pid) - before : 0;
    } else answers = count;

    report(connected, elapsed, processor, pid);
    return lost != 0;
}
