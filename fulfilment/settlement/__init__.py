"""Money of consumer orders: who owes whom once goods have left, what returns take back, when it reaches dealers'
accounts, and whether what consumers paid is what everybody got."""
