#define _POSIX_C_SOURCE 200809L

#include "devicetree/source.h"

#include "devicetree/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* How the shell, and posix_spawnp() where it forks first, say "not found". */
#define EXIT_NOT_FOUND 127

#define BUFFER_SIZE ((size_t)DEVICETREE_SIZE_LIMIT + 1)

/* Read up to BUFFER_SIZE bytes or the end. */
static bool read_all(int file, unsigned char *buffer, size_t *size, char *why,
                     size_t why_size)
{
    *size = 0;
    while (*size < BUFFER_SIZE) {
        ssize_t got = read(file, buffer + *size, BUFFER_SIZE - *size);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            snprintf(why, why_size, "cannot be read: %s", strerror(errno));
            return false;
        }
        if (got > 0) {
            *size += (size_t)got;
        }
    }
    return true;
}

static unsigned char *new_buffer(char *why, size_t why_size)
{
    unsigned char *buffer = malloc(BUFFER_SIZE);
    if (buffer == NULL) {
        snprintf(why, why_size, "not enough memory");
    }
    return buffer;
}

bool devicetree_source_read(const char *path, void **tree, size_t *size,
                            char *why, size_t why_size)
{
    unsigned char *buffer;
    bool complete;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        snprintf(why, why_size, "cannot be opened: %s", strerror(errno));
        return false;
    }
    buffer = new_buffer(why, why_size);
    complete = buffer != NULL && read_all(file, buffer, size, why, why_size);
    close(file);
    if (!complete) {
        free(buffer);
        return false;
    }
    *tree = buffer;
    return true;
}

/* A dtc that runs: what it writes, and what it complains about. */
struct compiler {
    pid_t process;
    int output;       /* read end of a pipe */
    FILE *complaints; /* its standard error, a file without a name */
};

static void refuse_to_run(int error, char *why, size_t why_size)
{
    snprintf(why, why_size,
             "dtc, which compiles device tree sources, cannot be run: %s",
             strerror(error));
}

static int spawn_with(struct compiler *compiler, int output, const char *path)
{
    posix_spawn_file_actions_t actions;
    /* posix_spawnp() does not write to them. */
    char *const arguments[] = {"dtc", "-q", "-I",         "dts", "-O",
                               "dtb", "--", (char *)path, NULL};
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) {
        return error;
    }
    error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(
            &actions, fileno(compiler->complaints), STDERR_FILENO);
    }
    if (error == 0) {
        error = posix_spawnp(&compiler->process, "dtc", &actions, NULL,
                             arguments, environ);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static bool start_compiler(struct compiler *compiler, const char *path,
                           char *why, size_t why_size)
{
    int ends[2];
    int error;
    compiler->complaints = tmpfile();
    if (compiler->complaints == NULL) {
        refuse_to_run(errno, why, why_size);
        return false;
    }
    if (pipe(ends) != 0) {
        refuse_to_run(errno, why, why_size);
        fclose(compiler->complaints);
        return false;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    compiler->output = ends[0];
    error = spawn_with(compiler, ends[1], path);
    close(ends[1]);
    if (error != 0) {
        refuse_to_run(error, why, why_size);
        close(ends[0]);
        fclose(compiler->complaints);
        return false;
    }
    return true;
}

/* Wait for the end. True when dtc is content. */
static bool finish_compiler(struct compiler *compiler, int *status)
{
    pid_t ended;
    close(compiler->output);
    do {
        ended = waitpid(compiler->process, status, 0);
    } while (ended < 0 && errno == EINTR);
    return ended == compiler->process && WIFEXITED(*status) &&
           WEXITSTATUS(*status) == 0;
}

/* The first line that dtc wrote to its standard error. */
static void quote_complaint(struct compiler *compiler, int status, char *why,
                            size_t why_size)
{
    char line[256] = "";
    rewind(compiler->complaints);
    if (fgets(line, sizeof(line), compiler->complaints) != NULL) {
        for (size_t i = 0; line[i] != '\0'; i++) {
            if (line[i] < ' ' || line[i] > '~') {
                line[i] = line[i] == '\n' ? '\0' : '?';
            }
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND) {
        refuse_to_run(ENOENT, why, why_size);
    } else {
        snprintf(why, why_size, "dtc refuses it: %s",
                 line[0] == '\0' ? "it gives no reason" : line);
    }
}

bool devicetree_source_compile(const char *path, void **tree, size_t *size,
                               char *why, size_t why_size)
{
    struct compiler compiler;
    bool complete;
    int status = 0;
    unsigned char *buffer = new_buffer(why, why_size);
    if (buffer == NULL) {
        return false;
    }
    if (!start_compiler(&compiler, path, why, why_size)) {
        free(buffer);
        return false;
    }
    complete = read_all(compiler.output, buffer, size, why, why_size);
    if (!finish_compiler(&compiler, &status) && complete &&
        *size < BUFFER_SIZE) {
        quote_complaint(&compiler, status, why, why_size);
        complete = false;
    }
    fclose(compiler.complaints);
    if (!complete) {
        free(buffer);
        return false;
    }
    *tree = buffer;
    return true;
}
