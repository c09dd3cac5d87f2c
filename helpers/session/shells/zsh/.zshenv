# zsh reads its files where ZDOTDIR says: this folder, whose files read the user's own in their place.
SI1P1_ZSH=$ZDOTDIR
ZDOTDIR=$SI1P1_ZDOTDIR
[[ -r $ZDOTDIR/.zshenv ]] && source $ZDOTDIR/.zshenv
SI1P1_ZDOTDIR=$ZDOTDIR  # it may have changed it
ZDOTDIR=$SI1P1_ZSH
