// Package live keeps an eye on the lab: what is recorded and what has drifted, with a
// revision, and what has changed since another one.
//
//	ovsdb.Client.Watch ---+
//	nsmgr.Host.Watch -----+--> Feed: what concerns the lab --> quiet for a moment
//	nft.Firewall.Watch ---+                                          |
//	settings, read twice a second                                    v
//	                                                         Look: a Manager compares
//	                                                                 |
//	          Lab.Wait(ctx, revision) <-- who shows it <--- Lab, revision by revision
//
// [Run] only looks; package watch repairs what it has seen, with a [Feed] and a [Lab]
// of the same kind. Who shows the lab asks the Lab: a page, say, takes [Lab.Since] 0
// and then waits for what comes after the revision that it has.
//
// Nothing is polled but those settings that ovsns has changed: the kernel sends no
// news of them. No namespace, no link and no lock is held between two looks.
package live
