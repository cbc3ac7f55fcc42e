import { render } from "solid-js/web";
import { App } from "./app";
import "./styles/tokens.css";
import "./styles/layout.css";
import "./styles/parts.css";
import "./styles/screens.css";
import "./styles/forced.css";
import * as theme from "./theme";

theme.begin();
render(() => <App />, document.body);
