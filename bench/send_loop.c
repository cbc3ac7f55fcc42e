/* The kernel's own price of a fan-out: one process that does nothing but send().
 *
 * usage: send_loop PORT CONNECTIONS FRAMES SENDS < FRAME
 * Answers CONNECTIONS requests, then writes FRAMES copies of FRAME to each in turn, in SENDS calls of send(), for as long as it lives.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_BYTES_MAX 1024

static const char HEAD[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

static int listen_on(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int listener = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 4096)) {
        perror("send_loop");
        exit(1);
    }
    return listener;
}

int main(int count, char **arguments) {
    if (count != 5) return 2;
    int connections = atoi(arguments[2]), frames = atoi(arguments[3]), sends = atoi(arguments[4]);
    char frame[FRAME_BYTES_MAX], request[4096];
    size_t frame_bytes = fread(frame, 1, sizeof frame, stdin), part_bytes = frame_bytes * frames / sends;
    char *part = malloc(part_bytes);
    int *sockets = malloc(connections * sizeof *sockets), listener = listen_on(atoi(arguments[1]));
    for (size_t at = 0; at < part_bytes; at += frame_bytes) memcpy(part + at, frame, frame_bytes);
    puts("ready");
    fflush(stdout);
    for (int number = 0; number < connections; number++) {
        sockets[number] = accept(listener, NULL, NULL);
        if (sockets[number] < 0 || recv(sockets[number], request, sizeof request, 0) <= 0) return 1;
        send(sockets[number], HEAD, sizeof HEAD - 1, MSG_NOSIGNAL);
        send(sockets[number], frame, frame_bytes, MSG_NOSIGNAL);
    }
    for (;;)
        for (int number = 0; number < connections; number++)
            for (int done = 0; done < sends; done++)
                if (send(sockets[number], part, part_bytes, MSG_NOSIGNAL) < 0) return 0;
}
