// SPDX-License-Identifier: MIT
#include "files/ranking_csv.hpp"
#include "target.hpp"

#include <cmath>
#include <iomanip>
#include <limits>
#include <sstream>

namespace phiscope::fuzz {
namespace {

std::string written(const extract::Ranking& ranking) {
  std::ostringstream text;
  text << std::setprecision(17) << "head_idx,score,n_pairs_ok\n";
  for (std::size_t head = 0; head < ranking.scores.size(); ++head) {
    text << head << ',';
    if (ranking.scores[head]) text << *ranking.scores[head];
    text << ',' << (ranking.scores[head] ? 1 : 0) << '\n';
  }
  return text.str();
}

void check(const extract::Ranking& ranking) {
  const auto heads = static_cast<std::int64_t>(ranking.scores.size());
  require(heads > 0, "ranking: no heads");
  require(!ranking.grid || ranking.grid->count() == heads, "ranking: grid");
  const std::vector<std::int64_t> order = ranking.descending();
  std::vector<bool> seen(ranking.scores.size(), false);
  std::size_t unranked = 0;
  double last = std::numeric_limits<double>::infinity();
  for (const std::int64_t head : order) {
    require(0 <= head && head < heads && !seen[static_cast<std::size_t>(head)],
            "ranking: not an order of the heads");
    seen[static_cast<std::size_t>(head)] = true;
    const auto score = ranking.scores[static_cast<std::size_t>(head)];
    if (!score) {
      ++unranked;
      continue;
    }
    require(unranked == 0 && std::isfinite(*score) && *score <= last, "ranking: order");
    last = *score;
  }
  require(order.size() == seen.size() && unranked == ranking.unranked, "ranking: unranked");
}

}  // namespace

bool try_ranking(std::string_view input) {
  return accept_or_refuse("x.csv", [&] {
    const shard::Csv csv = shard::Csv::parse(input, "x.csv");
    const extract::HeadGrid two_of_two{.layers = 2, .heads = 2};
    accept_or_refuse("x.csv", [&] {
      const extract::Ranking ranking = extract::ranking_of(csv, csv.columns().back(), two_of_two);
      require(ranking.scores.size() == 4, "ranking: of another model");
      check(ranking);
    });
    const extract::Ranking ranking = extract::ranking_of(csv);
    check(ranking);
    const std::string text = written(ranking);
    const auto again =
        read_again([&] { return extract::ranking_of(shard::Csv::parse(text, "x.csv")); });
    require(again.scores == ranking.scores && again.unranked == ranking.unranked,
            "ranking: does not come back");
  });
}

}  // namespace phiscope::fuzz
