// SPDX-License-Identifier: MIT
#include "judge/judgement.hpp"
#include "target.hpp"

namespace phiscope::fuzz {

bool try_judgements(std::string_view input) {
  const auto accepts = [&](bool may_be_cut) {
    return accept_or_refuse("j.jsonl", [&] {
      std::string written;
      const auto all = judge::parse_judgements(input, "j.jsonl", may_be_cut);
      for (const judge::Judgement& one : all) written += judgement_line(one) + "\n";
      std::string again;
      for (const judge::Judgement& one :
           read_again([&] { return judge::parse_judgements(written, "j.jsonl", false); })) {
        again += judgement_line(one) + "\n";
      }
      require(again == written, "judgements: do not come back");
    });
  };
  const bool whole = accepts(false);
  const bool some = accepts(true);
  require(some || !whole, "judgements: accepts less where the end may be cut");
  return some;
}

}  // namespace phiscope::fuzz
