"""How panels look: only JupyterLab's own colours, so light and dark follow the theme."""

CSS = """<style>
.smsn{color:var(--jp-ui-font-color1,#222);font-family:var(--jp-ui-font-family,sans-serif);
 container-type:inline-size;width:100%;padding:4px 2px;overflow:visible}
.smsn h3{margin:2px 0 6px;font-size:1.15em;font-weight:600;color:inherit}
.smsn .smsn-muted{color:var(--jp-ui-font-color2,#666)}
.smsn .widget-html,.smsn .widget-html-content{overflow:visible;height:auto;min-width:0;
 line-height:1.45;width:auto}
.smsn .smsn-fields{display:grid;grid-template-columns:repeat(auto-fill,minmax(160px,1fr));
 gap:8px 16px;align-items:start;overflow:visible}
.smsn .smsn-fields>*{min-width:0;margin:0;overflow:visible}
.smsn .smsn-status{padding:5px 10px;border-radius:4px;border-left:4px solid transparent}
.smsn .smsn-status:empty{display:none}
.smsn .smsn-info{border-color:var(--jp-info-color1,#1976d2);background:var(--jp-layout-color2,#eee)}
.smsn .smsn-good{border-color:var(--jp-success-color1,#388e3c);
 background:var(--jp-layout-color2,#eee)}
.smsn .smsn-bad{border-color:var(--jp-error-color1,#d32f2f);background:var(--jp-layout-color2,#eee);
 font-weight:600}
.smsn .smsn-row{border:1px solid var(--jp-border-color2,#ccc);border-radius:6px;margin:4px 0;
 padding:6px 10px;background:var(--jp-layout-color1,#fff);overflow:visible}
.smsn .smsn-over{opacity:.72}
.smsn .smsn-line{display:flex;flex-wrap:wrap;gap:4px 14px;align-items:center}
.smsn .smsn-number{font-size:1.1em;font-weight:600;white-space:nowrap}
.smsn input.smsn-copy{font-family:var(--jp-code-font-family,monospace);color:inherit;
 background:var(--jp-layout-color2,#eee);border:1px solid var(--jp-border-color2,#ccc);
 border-radius:4px;padding:1px 6px;cursor:copy;max-width:100%;box-sizing:content-box;
 field-sizing:content}
.smsn input.smsn-code{font-size:1.7em;font-weight:700;letter-spacing:.06em;
 border-color:var(--jp-success-color1,#388e3c)}
.smsn .smsn-text{white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0 0;padding:4px 8px;
 border-left:3px solid var(--jp-border-color1,#bbb);max-height:14em;overflow-y:auto}
.smsn .smsn-bar{display:inline-block;width:110px;height:7px;border-radius:4px;overflow:hidden;
 background:var(--jp-layout-color3,#ddd);vertical-align:middle}
.smsn .smsn-bar i{display:block;height:100%;background:var(--jp-brand-color1,#1976d2)}
.smsn .smsn-badge{border-radius:9px;padding:1px 9px;border:1px solid var(--jp-border-color1,#bbb);
 white-space:nowrap}
.smsn .smsn-badge.smsn-ok{border-color:var(--jp-success-color1,#388e3c);
 box-shadow:inset 0 0 0 1px var(--jp-success-color1,#388e3c)}
.smsn .smsn-buttons{flex-flow:row wrap;gap:4px;overflow:visible}
.smsn .jupyter-button{width:auto;min-width:90px;padding:0 12px;margin:2px 0}
.smsn .jupyter-button:focus-visible,.smsn input:focus-visible,
.smsn a:focus-visible{outline:2px solid var(--jp-brand-color1,#1976d2);outline-offset:1px}
.smsn .widget-html:has(>.widget-html-content:empty){display:none}
.smsn .smsn-main.jupyter-button{align-self:flex-start;min-width:200px;max-width:100%;
 font-weight:600;font-size:1.05em;height:34px;line-height:34px;
 padding:0 22px}
.smsn .smsn-scroll{overflow-x:auto;max-width:100%}
.smsn table.smsn-table{border-collapse:collapse;margin:2px 0;font-size:.95em}
.smsn .smsn-table caption{text-align:left;white-space:nowrap;padding:2px 0;
 color:var(--jp-ui-font-color2,#666)}
.smsn .smsn-table th,.smsn .smsn-table td{padding:2px 12px 2px 4px;text-align:left;
 border-bottom:1px solid var(--jp-border-color2,#ccc)}
.smsn .smsn-offers{display:flex;flex-wrap:wrap;gap:8px 28px;align-items:flex-start}
.smsn svg.smsn-chart{max-width:100%;height:auto;color:var(--jp-brand-color1,#1976d2)}
.smsn svg.smsn-chart text{fill:var(--jp-ui-font-color2,#666);font-size:11px}
.smsn svg.smsn-chart .smsn-axis{stroke:var(--jp-border-color1,#bbb)}
.smsn .smsn-account{font-weight:600}
.smsn .smsn-fields .widget-inline-hbox{flex-direction:column;align-items:stretch;height:auto}
.smsn .smsn-fields .widget-inline-hbox>.widget-label{width:auto;max-width:none;text-align:left;
 font-weight:600;line-height:1.7;height:auto;flex:none}
.smsn .smsn-fields .widget-inline-hbox>input{width:100%;flex:none}
.smsn .smsn-fields .widget-text{width:auto;max-width:none;margin:2px 0}
.smsn .smsn-picker{display:flex;flex-direction:column;margin:2px 0;overflow:visible}
.smsn .smsn-picker>label{font-weight:600;line-height:1.7}
.smsn .smsn-picker>input{font:inherit;color:inherit;height:var(--jp-widgets-inline-height,28px);
 box-sizing:border-box;width:100%;padding:0 8px;background:var(--jp-layout-color1,#fff);
 border:1px solid var(--jp-border-color1,#bbb);border-radius:0;text-overflow:ellipsis}
.smsn .smsn-list{position:fixed;inset:auto;margin:0;padding:4px 0;overflow:auto;list-style:none;
 box-sizing:border-box;z-index:100;color:var(--jp-ui-font-color1,#222);
 font-size:var(--jp-ui-font-size1,13px);background:var(--jp-layout-color1,#fff);
 border:1px solid var(--jp-border-color1,#bbb);border-radius:4px;box-shadow:0 4px 14px #0004}
.smsn .smsn-list:empty{display:none}
.smsn .smsn-list li{padding:3px 10px;line-height:1.5;white-space:nowrap;overflow:hidden;
 text-overflow:ellipsis;border-left:3px solid transparent;cursor:default}
.smsn .smsn-list li[role=option]:hover{background:var(--jp-layout-color2,#eee)}
.smsn .smsn-list li[aria-selected=true]{background:var(--jp-layout-color3,#ddd);
 border-color:var(--jp-brand-color1,#1976d2)}
.smsn .smsn-manners{display:none}
.smsn .smsn-unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
 white-space:nowrap}
.smsn .smsn-buttons .smsn-picker{flex-direction:row;align-items:center;gap:6px}
.smsn .smsn-buttons .smsn-picker>input{width:130px}
@container (max-width:480px){.smsn .smsn-fields{grid-template-columns:1fr}
 .smsn input.smsn-code{font-size:1.4em}.smsn .smsn-table td,.smsn .smsn-table th{padding-right:6px}}
</style>"""
