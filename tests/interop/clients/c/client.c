/*
 * A complete HeartbeatGateway client in C99 and POSIX, without other libraries: client HOST PORT SECRET CLIENT_ID
 *
 *     cc -O2 -o client client.c
 *
 * When SECRET is -, the client reads the secret from the environment variable GATEWAY_SECRET, which other users of the machine
 * cannot see. GATEWAY_KEY_ID is the key id, for a gateway with several keys. The client prints one event per line. It sends each
 * line of its input as a message, and again after a reconnect until the gateway has acknowledged it. Exit codes: 0 after SIGTERM or
 * SIGINT, 2 for wrong arguments, 3 after a close with retry: false.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
    MAGIC = 0x76, TYPE = 8, TOKEN = 58, CREATED = 108, HEADER = 158, FIELD = 50,
    MAC = 32, MAC_TEXT = 43, DATE = 19, NO_NUMBER = -1, JSON_TEXT = 256,
    MAX_RECEIVED = 1 << 20, MAX_SENT = 1 << 16, /* content bytes: limit of this client, limit of the gateway */
    MAX_KEPT = 64, /* messages that are not acknowledged; above it no input is read */
    CONNECT_TIMEOUT = 10, LONGEST_PAUSE = 60, STABLE_AFTER = 30, CLOSE_TIMEOUT = 2 /* seconds */
};

static const char *client_id;
static uint8_t inbound_key[MAC * 8], outbound_key[MAC]; /* sign sent frames, received frames */
static size_t inbound_key_length;
static char key_id[8]; /* with the dot; empty when not set */
static char instance[17], session[JSON_TEXT], last_token[FIELD + 1];
static long attempt;
static int failures;
static double slot = -1, clock_offset, wanted_heartbeat = 5; /* seconds; a negative slot means none */

/* Messages that are not acknowledged, by number modulo MAX_KEPT: kept_count of them, from the number first_kept on. */
static struct message { char *content; size_t length; } kept[MAX_KEPT];
static long long first_kept = 1, kept_count, next_to_send, sent; /* the number that follows on this connection, the highest one sent */
static long long generation, received_number; /* 0: ack is not granted; the highest number received */
static char pushes[JSON_TEXT]; /* the gateway's numbering */
static bool ack_due;

static double heartbeat, last_read, last_write;
static bool welcomed, input_open = true;
static uint8_t header[HEADER], *content, out[HEADER + MAX_SENT + 8 * HEADER];
static size_t received, content_length, out_length, typed_length;
static char typed[MAX_SENT];
static volatile sig_atomic_t stopping;
static int wakeup[2]; /* a signal must interrupt poll */

/* ---- SHA-256 (FIPS 180-4), HMAC (RFC 2104), base64url ---- */

typedef struct { uint32_t h[8]; uint64_t bytes; uint8_t block[64]; } sha256;

static uint32_t rotate(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void sha256_block(sha256 *s)
{
    static const uint32_t k[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)s->block[4 * i] << 24 | (uint32_t)s->block[4 * i + 1] << 16 | (uint32_t)s->block[4 * i + 2] << 8
             | s->block[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3)
             + (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(v, s->h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t a = v[0], e = v[4];
        uint32_t t1 = v[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + k[i] + w[i];
        uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) s->h[i] += v[i];
}

static void sha256_add(sha256 *s, const void *data, size_t length)
{
    for (const uint8_t *byte = data; length > 0; length--) {
        s->block[s->bytes++ % 64] = *byte++;
        if (s->bytes % 64 == 0) sha256_block(s);
    }
}

static sha256 sha256_start(void)
{
    return (sha256){{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, 0, {0}};
}

static void sha256_end(sha256 *s, uint8_t digest[MAC])
{
    uint64_t bits = s->bytes * 8;
    sha256_add(s, "\x80", 1);
    while (s->bytes % 64 != 56) sha256_add(s, "", 1);
    for (int i = 56; i >= 0; i -= 8) sha256_add(s, &(uint8_t){(uint8_t)(bits >> i)}, 1);
    for (int i = 0; i < MAC; i++) digest[i] = (uint8_t)(s->h[i / 4] >> (24 - i % 4 * 8));
}

/* Computes the HMAC over three consecutive pieces, each of which can be empty. */
static void hmac(const uint8_t *key, size_t key_length, const void *a, size_t an, const void *b, size_t bn, const void *c, size_t cn,
                 uint8_t mac[MAC])
{
    uint8_t pad[64] = {0};
    sha256 s = sha256_start();
    if (key_length > sizeof pad) {
        sha256_add(&s, key, key_length);
        sha256_end(&s, pad);
        s = sha256_start();
    } else memcpy(pad, key, key_length);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36;
    sha256_add(&s, pad, sizeof pad);
    sha256_add(&s, a, an);
    sha256_add(&s, b, bn);
    sha256_add(&s, c, cn);
    sha256_end(&s, mac);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
    s = sha256_start();
    sha256_add(&s, pad, sizeof pad);
    sha256_add(&s, mac, MAC);
    sha256_end(&s, mac);
}

static void make_token(const uint8_t *key, size_t key_length, const uint8_t *head, const uint8_t *body, size_t length,
                       char text[FIELD + 1])
{
    uint8_t mac[MAC + 1] = {0};
    hmac(key, key_length, head, TOKEN, head + CREATED, FIELD, body, length, mac);
    memset(text, 0, FIELD + 1);
    strcpy(text, key_id);
    text += strlen(key_id);
    for (int i = 0; i < MAC_TEXT; i++) {
        int bit = i * 6, two = mac[bit / 8] << 8 | mac[bit / 8 + 1];
        text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[two >> (10 - bit % 8) & 63];
    }
}

/* ---- System functions ---- */

static double now(void) /* monotonic: the wall clock can jump, and a timeout must not */
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t random_number(void)
{
    static FILE *source; /* rand() seeded with the time would give all devices that start together the same pauses */
    uint32_t number;
    if (!source) source = fopen("/dev/urandom", "rb");
    if (!source || fread(&number, sizeof number, 1, source) != 1) { perror("/dev/urandom"); exit(1); }
    return number;
}

static void tell(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    if (putchar('\n') == EOF || fflush(stdout) == EOF) exit(1); /* the reader of the events is gone */
}

static void put(const void *text, size_t length) /* text from the network must not be able to forge an event */
{
    for (const char *c = text; length > 0; c++, length--) putchar((unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c);
}

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
    if (write(wakeup[1], "", 1) < 0) return; /* the pipe is full, so a wake-up is already pending */
}

static void wait_until(double when)
{
    for (double left = when - now(); left > 0; left = when - now()) {
        poll(&(struct pollfd){wakeup[0], POLLIN, 0}, 1, left > 60 ? 60000 : (int)(left * 1000) + 1);
        if (stopping) exit(0);
    }
}

static int connect_to(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *addresses;
    int error = getaddrinfo(host, port, &hints, &addresses), fd = -1;
    if (error) { tell("connect-failed %s", gai_strerror(error)); return -1; }
    for (struct addrinfo *address = addresses; address; address = address->ai_next) {
        socklen_t size = sizeof error;
        fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
        if (fd < 0) { error = errno; continue; }
        fcntl(fd, F_SETFL, O_NONBLOCK);
        error = connect(fd, address->ai_addr, address->ai_addrlen) == 0 ? 0 : errno;
        if (error == EINPROGRESS) {
            struct pollfd ready[2] = {{fd, POLLOUT, 0}, {wakeup[0], POLLIN, 0}};
            if (poll(ready, 2, CONNECT_TIMEOUT * 1000) <= 0) error = ETIMEDOUT;
            else getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
            if (stopping) exit(0);
        }
        if (!error) break;
        close(fd);
        fd = -1;
    }
    freeaddrinfo(addresses);
    if (fd < 0) tell("connect-failed %s", strerror(error));
    else setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

/* ---- The protocol ---- */

static void send_frame(const char *type, long long number, const void *body, size_t length)
{
    uint8_t *frame = out + out_length;
    time_t date = (time_t)((double)time(NULL) + clock_offset);
    if (out_length + HEADER + length > sizeof out) return; /* only a ping can be dropped, after output that is not sent; the timeout then ends the connection */
    memset(frame, 0, HEADER);
    frame[3] = MAGIC;
    for (int i = 0; i < 4; i++) frame[4 + i] = (uint8_t)(length >> (24 - 8 * i));
    memcpy(frame + TYPE, type, strlen(type));
    strftime((char *)frame + CREATED, FIELD, "%Y-%m-%d %H:%M:%S", gmtime(&date)); /* UTC */
    if (number != NO_NUMBER) {
        char text[64];
        int digits = snprintf(text, sizeof text, " n=%lld g=%lld", number, generation);
        memcpy(frame + CREATED + DATE, text, digits < FIELD - DATE ? (size_t)digits : FIELD - DATE);
    }
    if (length > 0) memcpy(frame + HEADER, body, length);
    make_token(inbound_key, inbound_key_length, frame, frame + HEADER, length, last_token);
    memcpy(frame + TOKEN, last_token, FIELD);
    out_length += HEADER + length;
}

static void send_hello(void)
{
    char hello[1024], resume[JSON_TEXT + 16] = "", highest[32] = "";
    if (sent) snprintf(highest, sizeof highest, ",\"sent\":%lld", sent);
    if (*session) snprintf(resume, sizeof resume, ",\"resume\":\"%s\"", session);
    int length = snprintf(hello, sizeof hello,
        "{\"clientId\":\"%s\",\"instance\":\"%s\",\"attempt\":%ld,\"nonce\":\"%08x%08x%08x%08x\","
        "\"heartbeatSeconds\":%g%s%s,\"features\":[\"close\",\"ack\"]}",
        client_id, instance, attempt, random_number(), random_number(), random_number(), random_number(), wanted_heartbeat, resume, highest);
    send_frame("hello", NO_NUMBER, hello, (size_t)length);
}

/* Copies the value of a field in a flat JSON object, a string without its quotes. The copy is empty when the field is absent.
   Inside a string every quote follows a backslash, so "name": can only be the name of a field. */
static const char *json(const char *object, const char *name, char value[JSON_TEXT])
{
    char quoted[32];
    size_t n = 0, quotes = (size_t)snprintf(quoted, sizeof quoted, "\"%s\"", name);
    value[0] = 0;
    do {
        object = strstr(object, quoted);
        if (!object) return value;
        object += quotes;
        object += strspn(object, " \t\r\n");
    } while (*object != ':');
    object += 1 + strspn(object + 1, " \t\r\n");
    bool text = *object == '"';
    if (!text && strncmp(object, "null", 4) == 0) return value;
    if (text) object++;
    while (*object && n < JSON_TEXT - 2 && (text ? *object != '"' : !strchr(" \t\r\n,}]", *object))) {
        if (*object == '\\' && object[1]) value[n++] = *object++;
        value[n++] = *object++;
    }
    value[n] = 0;
    return value;
}

static void forget(long long acknowledged)
{
    for (; kept_count > 0 && first_kept <= acknowledged; first_kept++, kept_count--) free(kept[first_kept % MAX_KEPT].content);
}

static void on_welcome(const char *welcome)
{
    char number[JSON_TEXT], numbering[JSON_TEXT], accepted[JSON_TEXT], reconnected[JSON_TEXT], resumed[JSON_TEXT], seconds[JSON_TEXT];
    json(welcome, "sessionId", session);
    heartbeat = strtod(json(welcome, "heartbeatSeconds", seconds), NULL);
    welcomed = true;
    tell("welcome session=%s generation=%s reconnected=%s resumed=%s heartbeat=%g", session, json(welcome, "generation", number),
        json(welcome, "reconnected", reconnected), json(welcome, "resumed", resumed), heartbeat);
    if (!*json(welcome, "pushes", numbering)) return; /* present only with the feature ack */
    generation = strtoll(number, NULL, 10);
    if (strcmp(numbering, pushes) != 0) { strcpy(pushes, numbering); received_number = 0; } /* a new numbering begins with 1 */
    ack_due = true;
    forget(strtoll(json(welcome, "accepted", accepted), NULL, 10));
}

static const char *on_close(const char *close)
{
    char reason[JSON_TEXT], retry[JSON_TEXT], detail[JSON_TEXT], after[JSON_TEXT], in_reply_to[JSON_TEXT], server_time[JSON_TEXT];
    bool final = strcmp(json(close, "retry", retry), "false") == 0;
    tell("close reason=%s retry=%s detail=%s", json(close, "reason", reason), final ? "false" : "true", json(close, "detail", detail));
    if (final) { tell("closed for good"); exit(3); }
    /* Only an answer to the frame just sent may set the clock. Otherwise a recorded close could set it. */
    if (strcmp(reason, "token_expired") == 0 && strcmp(json(close, "inReplyTo", in_reply_to), last_token) == 0) {
        struct tm t = {0};
        if (sscanf(json(close, "serverTime", server_time), "%d-%d-%dT%d:%d:%d",
                   &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec) == 6) {
            t.tm_year -= 1900;
            t.tm_mon -= 1;
            double wrong_by = difftime(timegm(&t), time(NULL)) - clock_offset;
            clock_offset += wrong_by;
            tell("clock-corrected by=%.0f", wrong_by);
        }
    }
    if (*json(close, "afterMs", after)) slot = strtod(after, NULL) / 1000;
    return "after a close frame";
}

static const char *trim(const uint8_t *field, size_t *length)
{
    const uint8_t *end = field + FIELD;
    while (field < end && *field <= 0x20) field++;
    while (field < end && end[-1] <= 0x20) end--;
    *length = (size_t)(end - field);
    return (const char *)field;
}

/* Reads the number of a frame: NO_NUMBER when it has none, or when the gateway has not granted the feature ack. Returns false when the
   number is not one of this connection. */
static bool read_number(bool is_ack, long long *number)
{
    char valid[64];
    size_t length;
    const char *created = trim(header + CREATED, &length);
    const char *after = length < DATE ? created + length : created + DATE;
    length -= (size_t)(after - created);
    *number = NO_NUMBER;
    if (!generation || (!is_ack && (length < 3 || memcmp(after, " n=", 3) != 0))) return true;
    for (size_t i = 3; i < length && i < 15 && after[i] >= '0' && after[i] <= '9'; i++)
        *number = (*number == NO_NUMBER ? 0 : 10 * *number) + after[i] - '0';
    return length == (size_t)snprintf(valid, sizeof valid, " n=%lld g=%lld", *number, generation) && memcmp(after, valid, length) == 0;
}

static const char *handle_frame(void)
{
    char expected[FIELD + 1];
    size_t token_length, type_length;
    const char *token = trim(header + TOKEN, &token_length), *type = trim(header + TYPE, &type_length);
    bool is_ack = type_length == 3 && memcmp(type, "ack", 3) == 0;
    long long number;
    make_token(outbound_key, sizeof outbound_key, header, content, content_length, expected);
    unsigned difference = token_length != strlen(expected);
    for (size_t i = 0; i < token_length; i++) difference |= (unsigned)(token[i] ^ expected[i]); /* in constant time */
    if (difference) return "a token does not verify";
    if (!read_number(is_ack, &number)) return "a number is not of this connection";

    if (type_length == 4 && memcmp(type, "ping", 4) == 0) tell("pong-received"); /* an answer or a keep-alive; never answered */
    else if (type_length == 7 && memcmp(type, "welcome", 7) == 0) on_welcome((char *)content);
    else if (type_length == 5 && memcmp(type, "close", 5) == 0) return on_close((char *)content);
    else if (is_ack && number != NO_NUMBER) {
        forget(number);
        tell("acknowledged through=%lld", number);
    } else if (number != NO_NUMBER && number <= received_number) {
        ack_due = true;
        tell("duplicate number=%lld", number);
    } else {
        if (number != NO_NUMBER) { received_number = number; ack_due = true; }
        fputs("message type=", stdout);
        put(type, type_length);
        fputs(" text=", stdout);
        put(content, content_length);
        tell("");
    }
    return NULL;
}

/* Reads the available bytes of the current frame. Like the functions below, returns NULL, or the reason why the connection ended. */
static const char *read_some(int fd)
{
    size_t behind_header = received - HEADER; /* valid only when the header is complete */
    ssize_t n = received < HEADER ? recv(fd, header + received, HEADER - received, 0)
                                  : recv(fd, content + behind_header, content_length - behind_header, 0);
    if (n == 0) return "the gateway ended the stream";
    if (n < 0) return errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
    last_read = now();
    received += (size_t)n;
    if (received == HEADER) {
        uint32_t magic = 0, length = 0;
        for (int i = 0; i < 4; i++) { magic = magic << 8 | header[i]; length = length << 8 | header[4 + i]; }
        if (magic != MAGIC || length > MAX_RECEIVED) return "no frame where one must start"; /* unsigned: a negative length is large */
        content_length = length;
        content = malloc(length + 1); /* one extra byte for the NUL at the end of the string */
        if (!content) return "out of memory";
        content[length] = 0;
    }
    if (received < HEADER || received < HEADER + content_length) return NULL;
    const char *why = handle_frame();
    free(content);
    content = NULL;
    received = 0;
    return why;
}

static const char *write_some(int fd)
{
    ssize_t n = send(fd, out, out_length, 0);
    if (n < 0) return errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
    last_write = now();
    out_length -= (size_t)n;
    memmove(out, out + n, out_length);
    return NULL;
}

static void read_input(void)
{
    ssize_t n = read(0, typed + typed_length, sizeof typed - typed_length);
    if (n < 0 && errno == EINTR) return;
    if (n > 0) typed_length += (size_t)n;
    else input_open = false;
}

/* Numbers the next line and keeps it. A line that is too long for one message is sent in pieces. Returns false when there is none. */
static bool keep_line(void)
{
    const char *end = memchr(typed, '\n', typed_length);
    size_t length = end ? (size_t)(end - typed) : typed_length, taken = length + (end ? 1 : 0);
    if (kept_count == MAX_KEPT || typed_length == 0 || (!end && typed_length < sizeof typed && input_open)) return false;
    if (length > 0) {
        struct message *message = &kept[(first_kept + kept_count++) % MAX_KEPT];
        message->content = malloc(length);
        if (!message->content) { perror("malloc"); exit(1); }
        message->length = length;
        memcpy(message->content, typed, length);
    }
    typed_length -= taken;
    memmove(typed, typed + taken, typed_length);
    return true;
}

/* Sends the next message that this connection has not sent. Without the feature ack, messages have no number and are sent once. */
static void send_kept(void)
{
    if (next_to_send < first_kept) next_to_send = first_kept;
    if (next_to_send == first_kept + kept_count) return;
    struct message *message = &kept[next_to_send % MAX_KEPT];
    send_frame("message", generation ? next_to_send : NO_NUMBER, message->content, message->length);
    printf("message-%s bytes=%zu", next_to_send > sent ? "sent" : "resent", message->length);
    if (generation) tell(" number=%lld", next_to_send);
    else tell("");
    if (next_to_send > sent) sent = next_to_send;
    if (!generation) forget(next_to_send);
    next_to_send++;
}

/* Sends the pending output and FIN, then reads to the end: a close with unread bytes would reset the connection. */
static void close_gracefully(int fd)
{
    struct timeval timeout = {CLOSE_TIMEOUT, 0};
    fcntl(fd, F_SETFL, 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    for (double until = now() + CLOSE_TIMEOUT; out_length > 0 && now() < until && !write_some(fd););
    shutdown(fd, SHUT_WR);
    while (recv(fd, out, sizeof out, 0) > 0);
    tell("closed by the client");
    exit(0);
}

/* Runs one connection from hello to its end. This single loop reads, writes and checks the timeouts, and never blocks. */
static const char *run_connection(int fd)
{
    double began = now(), last_ping = began;
    const char *why = NULL;
    last_read = last_write = began;
    heartbeat = wanted_heartbeat;
    received = content_length = out_length = 0;
    welcomed = ack_due = false;
    generation = next_to_send = 0;
    send_hello();
    while (!why) {
        if (welcomed && out_length == 0) {
            while (keep_line());
            if (ack_due) send_frame("ack", received_number, NULL, 0);
            else send_kept();
            ack_due = false;
        }
        double start = now(), dead_at = last_read + 2 * heartbeat;
        double idle_since = last_read < last_write ? last_read : last_write;
        double ping_at = (last_ping > idle_since ? last_ping : idle_since) + heartbeat;
        double wait = (ping_at < dead_at ? ping_at : dead_at) - start;
        /* Input is not read without a session, while output is pending or while much is not acknowledged. Its pipe is the queue. */
        bool wants_input = welcomed && out_length == 0 && kept_count < MAX_KEPT;
        struct pollfd ready[3] = {{fd, (short)(out_length > 0 ? POLLIN | POLLOUT : POLLIN), 0}, {wakeup[0], POLLIN, 0},
                                  {wants_input && input_open ? 0 : -1, POLLIN, 0}};
        poll(ready, 3, wait > 0 ? (int)(wait * 1000) + 1 : 0);
        if (stopping) close_gracefully(fd);
        if (ready[0].revents & POLLOUT) why = write_some(fd);
        if (!why && ready[0].revents & (POLLIN | POLLHUP | POLLERR)) why = read_some(fd);
        /* Uses the time before poll: after a pause of this process, received bytes are read first. */
        else if (!why && start >= dead_at) why = "nothing was read for two heartbeats";
        if (welcomed && last_read - began >= STABLE_AFTER) failures = 0;
        if (ready[2].revents) read_input();
        if (start >= ping_at) {
            send_frame("ping", NO_NUMBER, NULL, 0);
            last_ping = start;
            tell("ping-sent");
        }
    }
    free(content);
    content = NULL;
    return why;
}

int main(int count, char **arguments)
{
    const char *id_letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
    const char *seconds = getenv("HEARTBEAT_SECONDS"), *offset = getenv("CLOCK_OFFSET_SECONDS"); /* the latter to test with a wrong clock */
    const char *key = getenv("GATEWAY_KEY_ID");
    client_id = count == 5 ? arguments[4] : "";
    if (!*client_id || strlen(client_id) > 128 || client_id[strspn(client_id, id_letters)] || arguments[2][strspn(arguments[2], "0123456789")]) {
        fputs("usage: client HOST PORT SECRET CLIENT_ID (the id: 1 to 128 of A-Z a-z 0-9 . _ : -)\n", stderr);
        return 2;
    }
    const char *secret = strcmp(arguments[3], "-") == 0 ? getenv("GATEWAY_SECRET") : arguments[3];
    if (!secret || strlen(secret) < 16 || strlen(secret) > sizeof inbound_key) {
        fprintf(stderr, "the secret must have 16 to %zu bytes\n", sizeof inbound_key);
        return 2;
    }
    inbound_key_length = strlen(secret);
    memcpy(inbound_key, secret, inbound_key_length);
    hmac(inbound_key, inbound_key_length, "heartbeatgateway outbound", 25, "", 0, "", 0, outbound_key);
    snprintf(instance, sizeof instance, "%08x%08x", random_number(), random_number());
    if (key && *key) snprintf(key_id, sizeof key_id, "%.6s.", key);
    if (seconds) wanted_heartbeat = strtod(seconds, NULL);
    if (offset) clock_offset = strtod(offset, NULL);

    if (pipe(wakeup) < 0) { perror("pipe"); return 1; }
    fcntl(wakeup[1], F_SETFL, O_NONBLOCK);
    signal(SIGPIPE, SIG_IGN); /* a write to a closed connection returns an error instead of ending the process */
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    for (;;) {
        /* Waits for the slot from the gateway; without one, for the backoff, which is capped first and then jittered from 0. */
        double longest = failures < 6 ? 1 << failures : LONGEST_PAUSE;
        double pause_for = slot >= 0 ? slot : longest * random_number() / 4294967296.0;
        slot = -1;
        if (failures < 6) failures++;
        tell("waiting ms=%.0f", pause_for * 1000);
        wait_until(now() + pause_for);
        tell("connecting attempt=%ld", ++attempt);
        int fd = connect_to(arguments[1], arguments[2]);
        if (fd < 0) continue;
        const char *why = run_connection(fd);
        close(fd);
        tell("closed %s", why);
    }
}
