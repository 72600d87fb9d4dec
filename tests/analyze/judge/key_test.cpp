// SPDX-License-Identifier: MIT
#include "judge/key.hpp"

#include "catch.hpp"
#include "sanitized.hpp"

#include <cstdlib>
#include <cstring>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

using phiscope::judge::Key;

TEST_CASE("the key is taken out of every text", "[key]") {
  const Key key("sk-or-12345");
  CHECK(key.header() == "Authorization: Bearer sk-or-12345");
  CHECK(key.without("a sk-or-12345 b sk-or-12345") == "a [key] b [key]");
  CHECK(key.without("sk-or-1234") == "sk-or-1234");
  const nlohmann::ordered_json value = {{"x sk-or-12345", {"sk-or-12345", 1, nullptr}}};
  CHECK(key.without_in(value).dump() == R"({"x [key]":["[key]",1,null]})");
  CHECK(Key().without("text") == "text");
}

TEST_CASE("a key that no header holds is refused without being shown", "[key]") {
  for (const char* text : {"sk-or 12345", "sk-or-12345\n", "sk-or-1234\xc3\xa9", "short"}) {
    try {
      (void)Key(text);
      FAIL("accepted");
    } catch (const std::invalid_argument& error) {
      CHECK_THAT(error.what(), Contains("OPENROUTER_API_KEY"));
      CHECK(std::string(error.what()).find(text) == std::string::npos);
    }
  }
}

TEST_CASE("the environment holds the key no longer once it is taken", "[key]") {
  setenv("OPENROUTER_API_KEY", "sk-or-abcdefgh", 1);
  const char* const place = std::getenv("OPENROUTER_API_KEY");
  const Key key = Key::from_environment();
  CHECK(key.header() == "Authorization: Bearer sk-or-abcdefgh");
  CHECK(std::getenv("OPENROUTER_API_KEY") == nullptr);
  CHECK(std::strcmp(place, "sk-or-abcdefgh") != 0);
  // A process that ends by a signal leaves no dump with the key in it.
  rlimit core{.rlim_cur = 1, .rlim_max = 1};
  REQUIRE(getrlimit(RLIMIT_CORE, &core) == 0);
  CHECK(core.rlim_cur == 0);
  CHECK(core.rlim_max == 0);
#ifdef __linux__
  CHECK(prctl(PR_GET_DUMPABLE) == (phiscope::test::sanitized ? 1 : 0));
#endif
  CHECK(Key::from_environment().empty());
  setenv("OPENROUTER_API_KEY", "", 1);
  CHECK(Key::from_environment().empty());
  unsetenv("OPENROUTER_API_KEY");
}
