"""The words: frozen plain values that every room shares. No torch, no Qt, no room is imported from here."""
