// Reads vectors/respond.txt, whose first lines explain its form.
#ifndef TEST_VECTORS_H
#define TEST_VECTORS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct vector {
	char name[128];
	char verdict[32];
	uint8_t frame[256];
	uint32_t size;
	uint8_t reply[256];
	uint32_t reply_size;
};

// Appends what stands behind the mark and a space.
static inline void vector_append(uint8_t *bytes, uint32_t *size, const char *line)
{
	unsigned int byte;

	if (line[1] == '\0')
		return;
	for (const char *hex = line + 2; sscanf(hex, "%2x", &byte) == 1 && *size < 256; hex += 2)
		bytes[(*size)++] = (uint8_t)byte;
}

// Reads the next case; false at the end of the file.
static inline bool vector_read(FILE *file, struct vector *vector)
{
	char line[256];

	memset(vector, 0, sizeof(*vector));
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '=')
			snprintf(vector->name, sizeof(vector->name), "%.120s", line + 2);
		else if (line[0] == '<')
			vector_append(vector->frame, &vector->size, line);
		else if (line[0] == '>')
			vector_append(vector->reply, &vector->reply_size, line);
		else if (line[0] == '\0' && vector->name[0] != '\0')
			return true;
		else if (line[0] != '#')
			snprintf(vector->verdict, sizeof(vector->verdict), "%.30s", line);
	}
	return vector->name[0] != '\0';
}

#endif
