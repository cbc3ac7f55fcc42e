from locksley.cli import main

main()
