// Package watch stays and repairs what drifts from what is recorded.
//
//	live.Feed: news that concerns the lab ---> look ---> switchmgr.Manager.Repair
//	    ^                                                        |
//	    +-------------- news of our own repair ------------------+---> live.Lab
//
// A repair causes news itself, so after each there is one more look, which finds
// nothing. What cannot be repaired is told once and tried again after growing pauses;
// what somebody else changes back again and again is repaired more and more seldom.
//
// No namespace, no link and no lock is held between two looks, so other
// commands and a second watch do not notice this one.
package watch
