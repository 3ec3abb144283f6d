// Package oracle is a second, slow reading of the ledger rules: the events of one ledger in, disposals, income, totals
// and remaining holdings out. It shares no code with the engine, computes in exact fractions and rounds once, when it
// prints. Only tests may import it: they compare the engine with it on random ledgers, which it draws as well (Ledger,
// LedgerOf), and Diff finds the first difference of two results. The documents it reads are the README of the vectors
// (ledger level), the rule sheets and the contract for values that nobody knows.
//
// # Readings
//
// Where the documents leave room, this is what the package does. A difference to the engine in one of these places is a
// question of reading before it is a fault. "G" marks places that the generator keeps away from.
//
// General
//
//  1. Sri Lanka has the label 2024-25 from 1 April (contract, rule sheet), not the calendar year (README).
//  2. An event whose amount is zero changes nothing at all: no income entry, no year, no leg. For a swap that is its
//     amount (G: to_amount zero alone brings nothing), for a fork its to_amount.
//  3. A taxable disposal whose proceeds are unknown, or income whose value is, makes no year in the totals and is not
//     counted in one that is there. It denies and restricts no loss, and a gift's second basis is not used.
//  4. An acquisition of unknown value costs 0, whatever its fee. (G)
//  5. A fee in the asset without fee_value raises the amount only; neither proceeds nor fees. (G) A fee_asset other than
//     the asset is ignored, and so is one on a swap. (G)
//  6. A transfer that loses units without fee_value is a disposal of unknown proceeds.
//  7. A fork without value or to_value counts it as 0; with 0 : 0 no cost moves. (G)
//  8. AU gains by term count gain legs only, and GB gains by date count gains of whole disposals only.
//  9. Costs per unit are equal when they are after rounding both to 18 significant digits, half to even.
//
// Lots
//
//  10. The basis of a gift is chosen lot by lot, before neighbouring legs are joined; joining looks at what came out.
//  11. Pieces of one lot that tie in every key go in the order in which they came to where they are: what stayed behind
//     before what was moved. Seen only before account_scope_from, when a lot lies in two accounts, or (G) when pieces of
//     one lot have different unit costs.
//  12. Units from a fork carry the purchase's id, date, time and place in the file, so they tie like the old ones; units
//     from a fork of nothing those of the fork. Pieces that two forks made of one purchase count as one lot in remaining
//     when their unit costs are equal. (G: a coin is brought by one fork only.)
//  13. A fork or split with an account reaches only that account when inventories are per account on its date, else all.
//     A fork without one spreads its units over all accounts by units. A fork of nothing lands in its own account.
//  14. The fee of a transfer is an ordinary disposal, so what is not covered of it is a missing leg with its share of
//     fee_value. "Makes no leg" is only said of units that were to move. Before account_scope_from it is taken from the
//     universal inventory, after it from the sending account.
//  15. Under ie-fifo-4w a transfer moves units bought in the last four weeks first, as a disposal would take them; under
//     specific by FIFO. Lots named on a transfer are ignored. (G) A transfer into its own account moves nothing.
//  16. lots on a disposal are searched in the inventory it draws on: its account when inventories are per account.
//     Amounts named beyond the disposal are cut, and units not named go by the method. (G) Under pools lots are ignored.
//     Under ie-fifo-4w legs of named lots are "specific" and never "4_week"; under de-average "specific" as well, at the
//     running average.
//  17. de-average: each disposal, taxable or not, leaves every lot of its inventory at the average; purchases, forks and
//     moves in between carry their own cost. A move therefore takes the cost of its lots, not the average of the moment.
//     Legs join only with neighbours of the same rule.
//  18. With account_scope_from that option alone decides, whatever scope says. (G: not given with scope account.)
//  19. allocate works in scope account too. Units beyond its amounts stay where they are. (G)
//
// Ireland
//
//  20. The four weeks before a disposal are its own day and the 28 days before it. They go by the lot's date, so acquired
//     on opening and gift_in counts, and so do the 28 days after a loss: a gift with an old date restricts nothing.
//  21. A loss leg of rule 4_week that is restricted in full uses up none of the units bought again.
//  22. Units bought again count in whatever account they are bought, also in scope account. They are used oldest first.
//  23. A missing leg with a loss (fees above proceeds) is restricted like any other.
//
// Pools
//
//  24. GB: one unknown value makes the whole merged disposal of its day unknown. spouse_out never is.
//  25. GB: all spouse transfers of a day are one disposal. Kinds that differ make "sell" (contract).
//  26. Companies: days_after is 0 unless given; purchases kept for the ten-day rule are not in the pool when a fork
//     splits its cost in between, so their cost stays whole (rule sheet: matched acquisitions never enter the pool).
//  27. Forks: one that brings a coin to an asset runs after the old coin's day and before the new coin's. An empty pool
//     gives cost 0 even if a denied loss is waiting in it. Several forks of a day go one after the other. (G) Under acb
//     and average the new units stand at the start of the day and are there divided by the new coin's splits of the day
//     up to the fork. (G)
//  28. acb and average: a swap's purchase counts among the acquisitions of its instant, before all disposals of it.
//  29. CA: S is the whole amount sold, missing units included, and the loss that of the whole disposal. An opening is an
//     acquisition on its own date. B counts fork units, P does not. Every taxable disposal is tested, gifts and fees too.
//  30. A pool has no account in remaining, whatever the scope.
package oracle
