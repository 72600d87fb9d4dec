// SPDX-License-Identifier: MIT
#include "files/latent_question.hpp"

#include "catch.hpp"

using namespace phiscope::extract;

TEST_CASE("a question loses the white space around it and each second of two spaces",
          "[latent_question]") {
  CHECK(stripped_question("  a b\n") == "a b");
  CHECK(stripped_question("a  b") == "a b");
  CHECK(stripped_question("a   b") == "a  b");
  CHECK(stripped_question("a    b") == "a  b");
  CHECK(stripped_question("a \n b") == "a \n b");
  CHECK(stripped_question(" \t ").empty());
  CHECK(stripped_question("").empty());
}

TEST_CASE("thoughts begin and end with their tokens, and with eos where it is kept",
          "[latent_question]") {
  LatentConfig latent;
  latent.bot_id = 7;
  latent.eot_id = 8;
  latent.eos_id = 2;
  CHECK(before_thoughts(latent) == std::vector<int>{7});
  CHECK(after_thoughts(latent) == std::vector<int>{8});
  latent.remove_eos = false;
  CHECK(before_thoughts(latent) == std::vector<int>{2, 7});
  CHECK(after_thoughts(latent) == std::vector<int>{8, 2});
}
