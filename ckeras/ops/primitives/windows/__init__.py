"""Operations on windows that slide over pixels or timesteps."""
