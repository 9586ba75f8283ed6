#!/bin/sh
# try.sh KIND SWEEP [PART]: makes files of one kind with many owners, modes, links and directories, and shows what sendmail says of each.
kind=$1
dir=/etc/mail/place file=$dir/file
export LC_ALL=C

content() {
	case $kind in
	hash) printf 'key\tvalue\n' | makemap hash /etc/mail/fresh 2>/dev/null && mv -f /etc/mail/fresh.db "$1" ;;
	text) printf 'key\tvalue\n' >"$1" ;;
	class) printf 'member\n' >"$1" ;;
	forward | include) printf 'target@example.com\n' >"$1" ;;
	alias | implicit) printf 'key: value@example.com\n' >"$1" ;;
	help) printf '#vers\t2\nsmtp\tHELP FILE TEXT\n' >"$1" ;;
	esac
}

config() { # BLAME
	grep -v '^O DontBlame\|^O AliasFile\|^O HelpFile' /etc/mail/sendmail.cf
	[ -z "$1" ] || echo "O DontBlameSendmail=$1"
	case $kind in
	hash) echo "Kk hash $dir/file" ;;
	text) echo "Kk text -v1 $dir/file" ;;
	class) echo "F{Test}$dir/file" ;;
	include) echo "O AliasFile=/etc/mail/aliases" ;;
	forward) echo "O ForwardPath=$dir/file" ;;
	alias) echo "O AliasFile=text:$dir/file" ;;
	implicit) echo "O AliasFile=$dir/file" ;;
	help) echo "O HelpFile=$dir/file" ;;
	esac
}

# What matters of the answer: warnings and versions are left out.
answer() {
	case $kind in
	hash) printf '/map k key\n' | sendmail -C/etc/mail/t.cf -bt 2>&1 | grep -o 'unsafe map.*\|missing map.*\|returns value.*\|no match.*' ;;
	text) printf '/map k key\n' | sendmail -C/etc/mail/t.cf -bt 2>&1 | grep -o 'unsafe map\|returns value.*\|no match.*' ;;
	class) printf '$={Test}\n' | sendmail -C/etc/mail/t.cf -bt 2>&1 | grep 'member\|fileclass' ;;
	include) sendmail -C/etc/mail/t.cf -bv list 2>&1 ;;
	forward) sendmail -C/etc/mail/t.cf -bv frank 2>&1 ;;
	alias | implicit) # the reference calls it deliverable when the aliases cannot be asked; docs/differences.md
		sendmail -C/etc/mail/t.cf -bv key 2>&1 | grep -v 'unsafe map' |
			sed 's/alias database unavailable/deliverable: mailer local, user key/' ;;
	help) printf 'HELP\nQUIT\n' | sendmail -C/etc/mail/t.cf -bs 2>&1 | grep -o 'HELP FILE TEXT\|HELP not implemented' ;;
	esac
}

suffix() { [ $kind = hash ] && echo .db; }

# The place as new: everything as it should be.
fresh() {
	rm -rf $dir
	mkdir -m 755 $dir
	content $file$(suffix)
	chmod 644 $file$(suffix)
	chown root:root $file$(suffix)
}

show() { # WHAT
	config "$blame" >/etc/mail/t.cf
	echo "-- $*${blame:+ ($blame)}"
	answer
}

modes() {
	for mode in 644 640 600 444 400 040 004 000 664 646 666 755; do
		for owner in root frank alice; do
			fresh
			chmod $mode $file$(suffix)
			chown $owner $file$(suffix)
			show file $mode $owner
		done
	done
}

dirs() {
	for mode in 755 711 700 600 000 775 757 777 1777 2775; do
		for owner in root frank alice; do
			fresh
			chmod $mode $dir
			chown $owner $dir
			show dir $mode $owner
		done
	done
}

one_link() { # KIND: how the file is reached
	fresh
	mv $file$(suffix) /etc/mail/elsewhere
	case $1 in
	symbolic) ln -s /etc/mail/elsewhere $file$(suffix) ;;
	relative) ln -s ../elsewhere $file$(suffix) ;;
	hard) ln /etc/mail/elsewhere $file$(suffix) ;;
	dangling) ln -s nowhere $file$(suffix) ;;
	loop) ln -s file$(suffix) $file$(suffix) ;;
	directory) mkdir $file$(suffix) ;;
	fifo) mkfifo $file$(suffix) ;;
	absent) ;;
	via) rm -rf /etc/mail/real && mv $dir /etc/mail/real && mv /etc/mail/elsewhere /etc/mail/real/file$(suffix) && ln -s real $dir ;;
	esac
}

links() {
	for link in symbolic relative hard dangling loop directory absent via; do
		for mode in 755 775 777 1777; do
			one_link $link
			chmod $mode $dir
			show $link in $mode
			rm -rf $dir
		done
	done
}

# Each value against each kind of doubt; the values in four parts, so that no step takes long.
blames() { # PART
	nth=0
	for blame in $values; do
		nth=$((nth + 1))
		[ $((nth % 4)) = $(($1 % 4)) ] || continue
		for doubt in 664 646 666; do
			fresh
			chmod $doubt $file$(suffix)
			show file $doubt
		done
		for doubt in 775 757 777 1777; do
			fresh
			chmod $doubt $dir
			show dir $doubt
		done
		for link in symbolic hard; do
			for mode in 755 777; do
				one_link $link
				chmod $mode $dir
				show $link in $mode
			done
		done
	done
}

blame=
values='AssumeSafeChown ClassFileInUnsafeDirPath DontWarnForwardFileInUnsafeDirPath ForwardFileInGroupWritableDirPath
	ForwardFileInUnsafeDirPath ForwardFileInUnsafeDirPathSafe GroupWritableAliasFile GroupWritableDirPathSafe
	GroupWritableForwardFile GroupWritableForwardFileSafe GroupWritableIncludeFile GroupWritableIncludeFileSafe
	HelpFileInUnsafeDirPath IncludeFileInGroupWritableDirPath IncludeFileInUnsafeDirPath IncludeFileInUnsafeDirPathSafe
	LinkedAliasFileInWritableDir LinkedClassFileInWritableDir LinkedForwardFileInWritableDir LinkedIncludeFileInWritableDir
	LinkedMapInWritableDir MapInUnsafeDirPath TrustStickyBit WorldWritableAliasFile WorldWritableForwardFile
	WorldWritableIncludeFile WriteMapToHardLink WriteMapToSymLink'
shift
"$@"
exit 0
