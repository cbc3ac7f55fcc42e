from paper_exchange.cli import main

main()
