/* rustle-watch-latency PROGRAM [EDITS [ARGUMENT...]]
 *
 * Writes files in a tree of 1,000, one after the other, and measures how long after close(2) the
 * line of `PROGRAM watch --json ARGUMENT...` arrives that tells of what was written, and how long
 * after it a bare reader of inotify in this process knows that something was. Prints the
 * percentiles. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FOLDERS = 20, FILES = 50, MAX_ARGUMENTS = 16 };

struct bench {
    char root[32];
    int lines;   /* of the program */
    int inotify; /* bare */
    pthread_mutex_t lock;
    pthread_cond_t seen;
    /* Under the lock. */
    char awaited[32];
    uint64_t line_ns, event_ns; /* 0: not yet */
    bool is_ready, is_over;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void die(const char *what)
{
    fprintf(stderr, "rustle-watch-latency: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void take_line(struct bench *bench, const char *line, uint64_t at_ns)
{
    pthread_mutex_lock(&bench->lock);
    if (strstr(line, "{\"event\":\"ready\"") != NULL)
        bench->is_ready = true;
    else if (bench->line_ns == 0 && bench->awaited[0] != 0 && strstr(line, bench->awaited) != NULL)
        bench->line_ns = at_ns;
    pthread_cond_signal(&bench->seen);
    pthread_mutex_unlock(&bench->lock);
}

/* A thread: the program's lines. */
static void *read_lines(void *arg)
{
    struct bench *bench = arg;
    static char text[1 << 16];
    size_t n = 0;
    ssize_t got;
    while ((got = read(bench->lines, text + n, sizeof text - 1 - n)) > 0) {
        const uint64_t at_ns = now_ns();
        n += (size_t)got;
        text[n] = 0;
        char *line = text, *end;
        for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
            *end = 0;
            take_line(bench, line, at_ns);
        }
        n -= (size_t)(line - text);
        memmove(text, line, n);
    }
    pthread_mutex_lock(&bench->lock);
    bench->is_over = true;
    pthread_cond_signal(&bench->seen);
    pthread_mutex_unlock(&bench->lock);
    return NULL;
}

/* A thread: what the kernel tells. */
static void *read_events(void *arg)
{
    struct bench *bench = arg;
    static _Alignas(8) char events[1 << 14];
    while (read(bench->inotify, events, sizeof events) > 0) {
        const uint64_t at_ns = now_ns();
        pthread_mutex_lock(&bench->lock);
        if (bench->event_ns == 0 && bench->awaited[0] != 0)
            bench->event_ns = at_ns;
        pthread_cond_signal(&bench->seen);
        pthread_mutex_unlock(&bench->lock);
    }
    return NULL;
}

static void file_path(const struct bench *bench, unsigned i, char *to)
{
    sprintf(to, "%s/d%u/f%u.rs", bench->root, i / FILES % FOLDERS, i % FILES);
}

static void make_tree(struct bench *bench)
{
    char path[64];
    strcpy(bench->root, "/tmp/rustle-latency-XXXXXX");
    if (mkdtemp(bench->root) == NULL)
        die("mkdtemp");
    bench->inotify = inotify_init1(IN_CLOEXEC);
    if (bench->inotify < 0)
        die("inotify_init1");
    for (unsigned i = 0; i < FOLDERS; i++) {
        sprintf(path, "%s/d%u", bench->root, i);
        if (mkdir(path, 0755) != 0 || inotify_add_watch(bench->inotify, path, IN_CLOSE_WRITE) < 0)
            die(path);
    }
    for (unsigned i = 0; i < FOLDERS * FILES; i++) {
        file_path(bench, i, path);
        FILE *file = fopen(path, "w");
        if (file == NULL)
            die(path);
        for (unsigned k = 0; k < 100; k++)
            fprintf(file, "pub fn f%u(x: u32) -> u32 { x + %u }\n", k, i);
        fclose(file);
    }
    char drained[1 << 14];
    while (poll(&(struct pollfd){bench->inotify, POLLIN, 0}, 1, 0) > 0)
        (void)!read(bench->inotify, drained, sizeof drained);
}

static void remove_tree(const struct bench *bench)
{
    char path[64];
    for (unsigned i = 0; i < FOLDERS * FILES; i++) {
        file_path(bench, i, path);
        unlink(path);
    }
    for (unsigned i = 0; i < FOLDERS; i++) {
        sprintf(path, "%s/d%u", bench->root, i);
        rmdir(path);
    }
    rmdir(bench->root);
}

static pid_t start(struct bench *bench, char *program, char **arguments, int narguments)
{
    int fds[2];
    char command[] = "watch", json[] = "--json";
    char *argv[MAX_ARGUMENTS + 5] = {program, command, json};
    int n = 3;
    for (int i = 0; i < narguments && i < MAX_ARGUMENTS; i++)
        argv[n++] = arguments[i];
    argv[n++] = bench->root;
    if (pipe2(fds, O_CLOEXEC) != 0)
        die("pipe");
    const pid_t child = fork();
    if (child < 0) /* kill(-1) is for everybody */
        die("fork");
    if (child == 0) {
        dup2(fds[1], STDOUT_FILENO);
        execv(program, argv);
        _exit(127);
    }
    close(fds[1]);
    bench->lines = fds[0];
    return child;
}

/* Appends a function to a file. Returns the time before close(2). */
static uint64_t edit(const char *path, const char *name)
{
    char text[128];
    const int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    const int n = sprintf(text, "pub fn %s() {}\n", name);
    if (fd < 0 || write(fd, text, (size_t)n) != n)
        die(path);
    const uint64_t before_ns = now_ns();
    close(fd);
    return before_ns;
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void print_row(const char *name, uint64_t *ns, size_t n)
{
    const size_t middle = n / 2, late = n * 99 / 100;
    qsort(ns, n, sizeof *ns, compare);
    printf("%-14s p50 %8.3f ms   p99 %8.3f ms   max %8.3f ms\n", name, (double)ns[middle] / 1e6,
           (double)ns[late] / 1e6, (double)ns[n - 1] / 1e6);
}

/* One edit, until both have seen it. False if the program has ended. */
static bool measure(struct bench *bench, unsigned i, uint64_t *line_ns, uint64_t *event_ns)
{
    char path[64], name[16];
    file_path(bench, i * 7, path);
    sprintf(name, "edit%u", i);
    pthread_mutex_lock(&bench->lock);
    sprintf(bench->awaited, "\"%s\"", name);
    bench->line_ns = bench->event_ns = 0;
    pthread_mutex_unlock(&bench->lock);
    const uint64_t before_ns = edit(path, name);
    pthread_mutex_lock(&bench->lock);
    while ((bench->line_ns == 0 || bench->event_ns == 0) && !bench->is_over)
        pthread_cond_wait(&bench->seen, &bench->lock);
    /* The line may even come before close returns, when what is written is told at once. */
    *line_ns = bench->line_ns > before_ns ? bench->line_ns - before_ns : 0;
    *event_ns = bench->event_ns > before_ns ? bench->event_ns - before_ns : 0;
    const bool ok = !bench->is_over;
    pthread_mutex_unlock(&bench->lock);
    return ok;
}

int main(int argc, char **argv)
{
    static struct bench bench = {.lock = PTHREAD_MUTEX_INITIALIZER,
                                 .seen = PTHREAD_COND_INITIALIZER};
    if (argc < 2) {
        fputs("usage: rustle-watch-latency PROGRAM [EDITS [ARGUMENT...]]\n", stderr);
        return 2;
    }
    const size_t nedits = argc > 2 ? strtoul(argv[2], NULL, 10) : 1000;
    uint64_t *line_ns = calloc(nedits + 1, sizeof *line_ns);
    uint64_t *event_ns = calloc(nedits + 1, sizeof *event_ns);
    if (line_ns == NULL || event_ns == NULL || nedits == 0)
        die("edits");
    make_tree(&bench);
    const pid_t child = start(&bench, argv[1], argv + 3, argc > 3 ? argc - 3 : 0);
    pthread_t lines, events;
    if (pthread_create(&lines, NULL, read_lines, &bench) != 0 ||
        pthread_create(&events, NULL, read_events, &bench) != 0)
        die("pthread_create");
    pthread_mutex_lock(&bench.lock);
    while (!bench.is_ready && !bench.is_over)
        pthread_cond_wait(&bench.seen, &bench.lock);
    bool ok = !bench.is_over;
    pthread_mutex_unlock(&bench.lock);
    for (size_t i = 0; i < nedits && ok; i++) {
        ok = measure(&bench, (unsigned)i, &line_ns[i], &event_ns[i]);
        /* Everybody is asleep again. */
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    kill(child, SIGINT);
    int status;
    waitpid(child, &status, 0);
    remove_tree(&bench);
    ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == 130;
    if (ok) {
        printf("%zu edits, from close(2)\n", nedits);
        print_row("bare inotify", event_ns, nedits);
        print_row("watch --json", line_ns, nedits);
    } else {
        fputs("rustle-watch-latency: the program ended too early, or wrongly\n", stderr);
    }
    free(line_ns);
    free(event_ns);
    return ok ? 0 : 1;
}
