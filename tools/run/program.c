// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program that is to run: where it is, as execvp() would find it, and
 * whether the loader will heed LD_LIBRARY_PATH for it.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../tool.h"
#include "run.h"

static int cannot(const char *name, int err)
{
	tool_error("cannot run %s: %s", name, strerror(err));
	return err == ENOENT ? RUN_NOT_FOUND : RUN_CANNOT;
}

static int try(struct program *program, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno;
	if (S_ISDIR(st.st_mode))
		return EISDIR;
	if (access(path, X_OK) != 0)
		return errno;
	snprintf(program->path, sizeof(program->path), "%s", path);
	return 0;
}

int program_find(struct program *program, const char *name)
{
	const char *list = getenv("PATH"), *end;
	int err = ENOENT;

	if (strchr(name, '/')) {
		err = try(program, name);
		return err ? cannot(name, err) : 0;
	}
	for (list = list ? list : "/bin:/usr/bin"; *name; list = end + 1) {
		char path[PATH_MAX];
		int this;

		end = strchrnul(list, ':');
		snprintf(path, sizeof(path), "%.*s%s%s", (int)(end - list),
			 list, end == list ? "" : "/", name);
		this = try(program, path);
		if (!this)
			return 0;
		if (this == EACCES)
			err = this;	/* there, but not to be run */
		if (!*end)
			break;
	}
	return cannot(name, err);
}

union head {
	Elf64_Ehdr elf;
	char text[256];
};

/* The file that a script's first line names; NULL: it is none. */
static char *interpreter(char *line, size_t size)
{
	char *end;

	if (strncmp(line, "#!", 2))
		return NULL;
	line[size - 1] = '\0';
	line[strcspn(line, "\n")] = '\0';
	line += 2 + strspn(line + 2, " \t");
	end = line + strcspn(line, " \t");
	*end = '\0';
	return line;
}

static bool has_loader(int fd, const Elf64_Ehdr *elf)
{
	Elf64_Phdr p;

	for (int i = 0; i < elf->e_phnum; i++)
		if (pread(fd, &p, sizeof(p), elf->e_phoff + i * sizeof(p)) ==
		    sizeof(p) && p.p_type == PT_INTERP)
			return true;
	return false;
}

static bool has_rights(int fd)
{
	struct stat st;

	if (fgetxattr(fd, "security.capability", NULL, 0) > 0)
		return geteuid() != 0;
	if (fstat(fd, &st) != 0)
		return false;
	return (st.st_mode & S_ISUID && st.st_uid != geteuid()) ||
	       (st.st_mode & S_ISGID && st.st_gid != getegid());
}

static const char *trouble(int fd, const union head *head)
{
	static const union { uint16_t n; char c; } little = { 1 };

	if (memcmp(head->elf.e_ident, ELFMAG, SELFMAG))
		return NULL;
	if (head->elf.e_ident[EI_CLASS] !=
	    (sizeof(long) == 8 ? ELFCLASS64 : ELFCLASS32) ||
	    head->elf.e_ident[EI_DATA] !=
	    (little.c ? ELFDATA2LSB : ELFDATA2MSB))
		return "is for another kind of processor than the libraries";
	if (!has_loader(fd, &head->elf))
		return "is linked statically";
	if (has_rights(fd))
		return "gets rights of its own when it starts (setuid, setgid or capabilities)";
	return NULL;
}

void program_warn(const struct program *program)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s", program->path);
	/* A script's interpreter may be a script. Linux ends this too. */
	for (int depth = 0; depth < 5; depth++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		union head head = { 0 };
		const char *what, *next;

		if (fd < 0)
			return;
		if (read(fd, &head, sizeof(head)) < 4) {
			close(fd);
			return;
		}
		what = trouble(fd, &head);
		close(fd);
		if (what) {
			tool_error("%s %s: it runs, but not on xenbatch's libraries",
				   path, what);
			return;
		}
		next = interpreter(head.text, sizeof(head.text));
		if (!next)
			return;
		memmove(path, next, strlen(next) + 1);
	}
}

int program_exec(const struct program *program, char **argv)
{
	/* With a slash in it there is no search; a text without #! is sh's. */
	char path[PATH_MAX + 2];

	snprintf(path, sizeof(path), "%s%s",
		 strchr(program->path, '/') ? "" : "./", program->path);
	execvp(path, argv);
	return cannot(argv[0], errno);
}
