// Which texts are UTF-8, by a table of the edges.
#include "check.h"
#include "ws.h"

static void utf8_by_table(void)
{
	static const struct {
		const char *text;
		bool valid;
	} rows[] = {
		{"plain", true},
		{"\xc2\x80", true},
		{"\xdf\xbf", true},
		{"\xe0\xa0\x80", true},
		{"\xed\x9f\xbf", true},
		{"\xee\x80\x80", true},
		{"\xf0\x90\x80\x80", true},
		{"\xf4\x8f\xbf\xbf", true},
		{"\x80", false},
		{"\xc1\xbf", false},
		{"\xc2", false},
		{"\xe0\x9f\xbf", false},
		{"\xed\xa0\x80", false},
		{"\xe2\x82", false},
		{"\xf0\x8f\xbf\xbf", false},
		{"\xf4\x90\x80\x80", false},
		{"\xf5\x80\x80\x80", false},
		{"\xf0\x90\x80", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];

		// At each place of the words that are looked at as a whole.
		for (int before = 0; before < 70; before++) {
			snprintf(text, sizeof(text), "%.*s%s%.*s", before,
				"................................................................"
				"......",
				rows[i].text, before % 3, "zz");
			CHECK_EQUAL(
				ws_utf8_valid((const uint8_t *)text, strlen(text)), rows[i].valid);
		}
	}
}

int main(void)
{
	static const struct check_case cases[] = {
		{"UTF-8 by table", utf8_by_table},
	};

	return CHECK_RUN(cases);
}
